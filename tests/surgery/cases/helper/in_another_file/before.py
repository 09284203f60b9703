from helper import parse


def main():
    for text in ("1", "2,5"):
        print(1 + parse(text))


main()
