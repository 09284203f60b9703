import io

TEXTS = {"a": "text of a"}


def main():
    for name in ("a", "b"):
        print("open", name)
        with io.StringIO(TEXTS[name]) as stream:  # @crash
            print(stream.read())


main()
