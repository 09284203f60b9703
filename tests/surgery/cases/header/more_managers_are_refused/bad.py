import contextlib


def main():
    with contextlib.nullcontext(1) as one, contextlib.nullcontext(2) as two:  # @refuse DFU0012
        print(one)
        print(two)


main()
