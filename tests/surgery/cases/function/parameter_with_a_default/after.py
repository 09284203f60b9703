# Differs: the call that is held has the default; main goes on in the new text and gives one.
def scaled(values, factor, offset=100):
    print("scaled", factor)
    return [value * factor + offset for value in values]  # @resume


def main():
    for factor in (1, 2):
        print(scaled([1, 2], factor, 5))


main()
