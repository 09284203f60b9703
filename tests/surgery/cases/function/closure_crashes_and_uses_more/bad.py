def outer():
    base = 1
    other = 10

    def inner(n):  # @refuse DFU0013
        print("base", base)
        return base + other + n

    return [inner(n) for n in range(2)], other


print(outer())
