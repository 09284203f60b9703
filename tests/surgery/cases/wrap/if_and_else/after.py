def ratio(a, b):
    if b:  # @resume
        result = a / b
    else:
        result = float("inf")
    return result


print([ratio(1, n) for n in (1, 2, 0)])
