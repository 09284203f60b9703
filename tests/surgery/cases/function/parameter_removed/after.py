def show(value):
    print(value)  # @resume


def main():
    for value in (1, 2):
        show(value)


main()
