# Differs: main runs on by its old text and gives no argument; the default counts.
def scaled(values, factor, offset=100):
    print("scaled", factor)
    return [value * factor + offset for value in values]  # @resume


def main():
    for factor in (1, 2):
        print(scaled([1, 2], factor, 5))


main()
