def inner(n):
    print("inner", n)
    return n / 1


def outer(n):
    value = inner(n)
    return f"{value}x"  # @resume


print(outer(2))
