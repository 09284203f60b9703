import contextlib


@contextlib.contextmanager
def block():
    print("enter")
    yield
    print("exit")


def main():
    with block():
        print("one")
        check()  # @crash
    print("end")


main()
