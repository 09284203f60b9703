def outer():
    base = 7

    def helper(n, by=base):  # @warn DFU1016
        return n + by

    for n in (1, 2):
        print(helper(n, 1))  # @resume
    return base


print(outer())
