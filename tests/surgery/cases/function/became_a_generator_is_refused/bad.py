def numbers(n):  # @refuse DFU0014
    print("numbers")
    yield n
    yield n + 1


def main():
    print(list(numbers(1)))


main()
