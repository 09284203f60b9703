TRIES = iter([None, None, 3])


def main():
    print("start")
    print("tried")  # @resume
    print(next(TRIES) + 1)  # @crash
    print("end")


main()
