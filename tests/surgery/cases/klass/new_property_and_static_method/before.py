class Model:
    def __init__(self, rows):
        self.rows = rows


def main():
    model = Model([1, 2])
    print(model.size)  # @crash
    print(Model.name())


main()
