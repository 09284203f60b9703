def thrice(n):
    return 3 * n


def double(n):  # @warn DFU1005
    return thrice(n) - n
