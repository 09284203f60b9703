class Base:
    def __init__(self):
        self.parts = ["base"]


class Model(Base):
    def __init__(self, n):
        self.parts.append(n)  # @crash
        print(self.parts)


Model(1)
Model(2)
