def numbers(n):
    print("numbers")
    return [n, n.next]  # @crash


def main():
    print(list(numbers(1)))


main()
