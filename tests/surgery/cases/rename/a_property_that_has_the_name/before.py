class Box:
    data = [1, 2]


def main(box):
    data = box.data
    print(data.size)  # @crash
    return dict(data=data)


print(main(Box()))
