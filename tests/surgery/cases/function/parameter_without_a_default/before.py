def show(value):
    print(value.text)  # @crash


def main():
    show(1)


main()
