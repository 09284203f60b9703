def inner(n):
    return n / 0  # @crash


def outer(n):
    value = inner(n)
    return value + "x"


print(outer(2))
