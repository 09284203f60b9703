def outer():
    base = 7

    def helper(n):
        return n

    for n in (1, 2):
        print(helper(n), n.x)  # @crash
    return base


print(outer())
