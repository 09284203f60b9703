TRIES = iter([None, None, 3])


def main():
    print("start")
    print(next(TRIES) + 1)  # @crash
    print("end")


main()
