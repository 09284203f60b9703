def main():
    print("caught")
    print("no error")  # @refuse DFU0010


main()
