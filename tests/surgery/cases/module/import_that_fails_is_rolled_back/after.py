import math  # @warn DFU1005


def main():
    print("start")
    print("LIMIT" in globals(), math.floor(2.5))  # @resume


main()
