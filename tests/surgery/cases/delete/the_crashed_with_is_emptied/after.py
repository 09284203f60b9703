import contextlib


@contextlib.contextmanager
def block():
    print("enter")
    yield
    print("exit")


def main():
    with block():
        print("one")  # @after DFU1008
    print("end")


main()
