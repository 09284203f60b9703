def main():
    for n in range(2):
        a = one + n  # @crash
        b = two + n
        print(a, b)


main()
