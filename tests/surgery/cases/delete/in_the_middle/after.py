def main():
    print("one")
    print("three")  # @resume DFU1008


main()
