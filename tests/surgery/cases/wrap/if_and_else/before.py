def ratio(a, b):
    result = a / b  # @crash
    return result


print([ratio(1, n) for n in (1, 2, 0)])
