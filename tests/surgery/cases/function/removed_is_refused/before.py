def step(n):
    return n.value  # @crash


def main():
    print(step(1))


main()
