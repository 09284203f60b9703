def show(value):
    print(value)


def main():
    for value in (1, 2):
        show(value)


main()
