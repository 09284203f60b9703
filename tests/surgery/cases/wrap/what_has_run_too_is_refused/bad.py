import contextlib


def main():
    with contextlib.suppress(IndexError):  # @refuse DFU0011
        data = [1, 2]
        print("made")
        print(data[2])
    print("end")


main()
