import io


def main():
    with io.StringIO("x") as stream:
        print("open")
        print(stream.name)  # @crash


main()
