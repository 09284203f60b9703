def area(side):
    print("area", side)
    return side.x * side.y  # @crash


def show(side):
    print("show", area(side))


show(3)
