def main():
    print(1 / 1  # @refuse DFU0001


main()
