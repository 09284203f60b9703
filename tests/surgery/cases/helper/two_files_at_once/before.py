import helper


def main():
    for text in ("1", "2"):
        value = helper.parse(text)
        print(value + 1)  # @crash


main()
