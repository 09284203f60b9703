class Model:
    def __init__(self):
        print("model")
        self.head = Head(3)  # @crash


print(Model().head.size)
