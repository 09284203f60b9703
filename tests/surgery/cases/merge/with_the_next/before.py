def main():
    a = 1
    b = a.value  # @crash
    c = b + 1
    print(a, c)


main()
