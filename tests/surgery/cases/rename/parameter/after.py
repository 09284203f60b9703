def show(numbers):
    print(len(numbers), sum(numbers))  # @resume


def main():
    for values in ([1], [2, 3]):
        show(values)


main()
