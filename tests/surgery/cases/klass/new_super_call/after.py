class Base:
    def __init__(self):
        self.parts = ["base"]


class Model(Base):
    def __init__(self, n):
        Base.__init__(self)  # @resume
        self.parts.append(n)
        print(self.parts)


Model(1)
Model(2)
