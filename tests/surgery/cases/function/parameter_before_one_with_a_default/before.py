def scaled(values, factor=10):
    return [value.size * factor for value in values]  # @crash


print(scaled([1, 2]), scaled([3], 2))
