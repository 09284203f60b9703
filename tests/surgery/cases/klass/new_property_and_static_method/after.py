class Model:
    def __init__(self, rows):
        self.rows = rows

    @property
    def size(self):
        return len(self.rows)

    @staticmethod
    def name():
        return "model"


def main():
    model = Model([1, 2])
    print(model.size)  # @resume
    print(Model.name())


main()
