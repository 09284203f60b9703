def helper(n, by=1 // 0):  # @refuse DFU0016
    return n


def main():
    print("start")
    print(helper(1))


main()
