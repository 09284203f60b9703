class Box:
    pass


def main(box):
    print("size", box.size)  # @crash
    print("area", box.size * box.sides)
    return box


main(Box())
