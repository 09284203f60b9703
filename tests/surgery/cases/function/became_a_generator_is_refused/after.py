def numbers(n):
    print("numbers")
    return [n, n + 1]  # @resume


def main():
    print(list(numbers(1)))


main()
