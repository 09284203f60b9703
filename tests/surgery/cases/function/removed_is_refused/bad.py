def main():  # @refuse DFU0009
    print(1)


main()
