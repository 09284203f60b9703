def scaled(values, factor=10, *, shift=1 + 1):
    return [value * factor + shift for value in values]  # @resume


print(scaled([1, 2]), scaled([3], 2))
