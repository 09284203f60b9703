import contextlib


def main():
    data = [1, 2]
    print("made")
    with contextlib.suppress(IndexError):  # @resume
        print(data[2])
    print("end")


main()
