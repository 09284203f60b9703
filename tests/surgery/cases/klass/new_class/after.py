class Head:  # @warn DFU1005
    def __init__(self, size):
        self.size = size


class Model:
    def __init__(self):
        print("model")
        self.head = Head(3)  # @resume


print(Model().head.size)
