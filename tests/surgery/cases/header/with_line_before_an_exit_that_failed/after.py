# Differs: the exit that failed goes on where it failed.
class Manager:
    failed = False

    def __enter__(self):
        print("enter")

    def __exit__(self, *exception):
        if not Manager.failed:
            Manager.failed = True
            print("cleaned")  # @resume
        print("exit")


def main():
    print("start")
    with Manager():
        print("inside")
    print("end")


main()
