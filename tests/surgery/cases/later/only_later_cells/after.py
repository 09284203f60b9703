class Box:
    size = 3  # @warn DFU1005


def main(box):
    box.size = 3  # @resume
    print("size", box.size)
    print("area", box.size**2)
    return box


main(Box())
