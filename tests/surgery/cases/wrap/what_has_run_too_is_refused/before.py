import contextlib


def main():
    data = [1, 2]
    print("made")
    print(data[2])  # @crash
    print("end")


main()
