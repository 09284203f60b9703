def show(value, unused):
    print(value.text)  # @crash


def main():
    for value in (1, 2):
        show(value, None)


main()
