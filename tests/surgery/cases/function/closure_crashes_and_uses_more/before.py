def outer():
    base = 1
    other = 10

    def inner(n):
        print("base", base)
        return base.value + n  # @crash

    return [inner(n) for n in range(2)], other


print(outer())
