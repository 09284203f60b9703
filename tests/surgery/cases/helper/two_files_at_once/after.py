import helper


def main():
    for text in ("1", "2"):
        value = helper.parse(text)
        if value is None:  # @resume
            continue
        print(value + 1)


main()
