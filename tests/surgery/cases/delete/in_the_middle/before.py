def main():
    print("one")
    print(undefined)  # @crash
    print("three")


main()
