import math  # @warn DFU1005


def main():
    print("start")
    print(math.floor(2.5))  # @resume


main()
