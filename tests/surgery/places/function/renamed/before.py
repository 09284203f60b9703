def compute(xs):
    total = 0
    for x in xs:
        total += x
        boom(total)  # @crash
    return total


compute([])
