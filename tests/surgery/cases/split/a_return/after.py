def area(size):
    height = size[0]  # @resume
    width = size[1] if len(size) > 1 else height
    return height * width


print(area((2, 3)), area([4]))
