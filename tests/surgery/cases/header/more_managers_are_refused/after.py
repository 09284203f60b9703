import contextlib


def main():
    with contextlib.nullcontext(1) as one:
        print(one)
        with contextlib.nullcontext(2) as two:  # @resume
            print(two)


main()
