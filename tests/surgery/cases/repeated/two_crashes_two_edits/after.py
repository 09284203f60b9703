def main():
    for n in range(2):
        a = 1 + n  # @resume
        b = two + n  # @crash
        print(a, b)


main()
