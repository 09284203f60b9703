def show(numbers, end):
    print(len(numbers), end)
    print(sum(numbers), end)  # @resume


def main():
    for values in ([1], [2, 3]):
        show(values, end=".")


main()
