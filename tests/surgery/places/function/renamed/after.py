def summed(xs):  # @warn DFU1011 DFU1005
    total = 0
    for x in xs:
        total += x
        boom(total, 1)  # @resume
    return total


summed([])  # @warn DFU1004
