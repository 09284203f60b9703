def main():
    print("start")
    a = [3, 1]
    b = a.sorted()  # @crash
    print(b)


main()
