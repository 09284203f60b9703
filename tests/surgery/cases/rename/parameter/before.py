def show(values):
    print(len(values), values.total())  # @crash


def main():
    for values in ([1], [2, 3]):
        show(values)


main()
