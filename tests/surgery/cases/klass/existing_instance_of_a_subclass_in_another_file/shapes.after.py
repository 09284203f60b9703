class Shape:
    def area(self):
        return self.side**2

    def double(self):
        return type(self)(2 * self.side)


class Square(Shape):
    def __init__(self, side):
        self.side = side
