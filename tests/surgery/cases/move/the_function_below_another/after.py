def show(side):
    print("show", area(side))


def area(side):
    print("area", side)
    return side * side  # @resume


show(3)
