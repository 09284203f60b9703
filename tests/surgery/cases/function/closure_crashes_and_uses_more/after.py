def outer():
    base = 1
    other = 10

    def inner(n):
        print("base", base)
        return base + 10 + n  # @resume

    return [inner(n) for n in range(2)], other


print(outer())
