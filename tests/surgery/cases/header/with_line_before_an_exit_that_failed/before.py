class Manager:
    failed = False

    def __enter__(self):
        print("enter")

    def __exit__(self, *exception):
        if not Manager.failed:
            Manager.failed = True
            raise OSError("the disk is full")  # @crash
        print("exit")


def main():
    with Manager():
        print("inside")
    print("end")


main()
