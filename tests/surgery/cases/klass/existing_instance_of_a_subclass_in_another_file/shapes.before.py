class Shape:
    def area(self):
        return self.side**2


class Square(Shape):
    def __init__(self, side):
        self.side = side
