def helper(n, by=1):
    return n + by


def main():
    print("start")
    print(helper(1))  # @resume


main()
