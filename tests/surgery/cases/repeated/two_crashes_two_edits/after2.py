def main():
    for n in range(2):
        a = 1 + n
        b = 2 + n  # @resume
        print(a, b)


main()
