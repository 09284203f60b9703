def inner(n):
    print("inner", n)  # @resume
    return n / 1


def outer(n):
    value = inner(n)
    return value + "x"  # @crash


print(outer(2))
