import io

TEXTS = {"a": "text of a"}


def main():
    for name in ("a", "b"):
        print("open", name)
        with io.StringIO(TEXTS.get(name, "nothing")) as stream:  # @resume
            print(stream.read())


main()
