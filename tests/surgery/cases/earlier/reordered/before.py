def main():
    a = 1
    print("a", a)
    b = 2
    print("b", b)
    print(c)  # @crash


main()
