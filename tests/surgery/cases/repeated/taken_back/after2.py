# Differs: two attempts were made before.
TRIES = iter([None, None, 3])


def main():
    print("start")
    print(next(TRIES) + 1)  # @resume
    print("end")


main()
