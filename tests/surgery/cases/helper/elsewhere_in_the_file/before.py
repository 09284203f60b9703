def clean(text):
    return text.strip().lower()


def main():
    for text in (" A ", "B\n"):
        value = {"A": 1, "B": 2}[clean(text)]  # @crash
        print(value)


main()
