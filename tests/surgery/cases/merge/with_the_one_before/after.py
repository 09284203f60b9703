def main():
    print("start")
    b = sorted([3, 1])  # @resume DFU1013
    print(b)


main()
