def area(size):
    return size[0] * size[1]  # @crash


print(area((2, 3)), area([4]))
