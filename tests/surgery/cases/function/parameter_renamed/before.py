def show(values, end):
    print(len(values), end)
    print(values.total())  # @crash


def main():
    for values in ([1], [2, 3]):
        show(values, end=".")


main()
