def clean(text):
    return text.strip().upper()


def main():
    for text in (" A ", "B\n"):
        value = {"A": 1, "B": 2}[clean(text)]  # @resume
        print(value)


main()
