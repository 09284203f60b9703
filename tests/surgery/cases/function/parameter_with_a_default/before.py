def scaled(values, factor):
    print("scaled", factor)
    return [value * factor.size for value in values]  # @crash


def main():
    for factor in (1, 2):
        print(scaled([1, 2], factor))


main()
