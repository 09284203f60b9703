def helper(n):
    return n


def main():
    print("start")
    print(helper(1).x)  # @crash


main()
