LIMIT = 3  # @warn DFU1005


def main():
    for n in (1, 5):
        print(min(n, LIMIT))  # @resume


main()
