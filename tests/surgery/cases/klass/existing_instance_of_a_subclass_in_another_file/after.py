from shapes import Square


def main():
    square = Square(2)
    print(square.area())
    print(square.double().side)  # @resume


main()
