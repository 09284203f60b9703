def step(n):
    return n  # @resume


def main():
    print(step(1))


main()
