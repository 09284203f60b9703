import contextlib


def main():
    with contextlib.nullcontext(1) as one:
        print(one)
        print(two)  # @crash


main()
