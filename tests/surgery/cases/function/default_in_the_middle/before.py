def helper(a, b=1):
    return a, b


def main():
    for n in range(2):
        print(helper(n), n.x)  # @crash


main()
