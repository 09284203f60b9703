def helper(a, c=5, b=1):
    return a, b, c


def main():
    for n in range(2):
        print(helper(n))  # @resume


main()
