LIMIT = 3  # @warn DFU1005


def clamp(x):  # @warn DFU1005
    return min(x, LIMIT)


def main():
    for x in range(3):
        boom(clamp(x))  # @resume


main()
