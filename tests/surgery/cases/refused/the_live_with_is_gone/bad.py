import io


def main():
    stream = io.StringIO("x")
    print("open")
    print(stream)  # @refuse DFU0010


main()
