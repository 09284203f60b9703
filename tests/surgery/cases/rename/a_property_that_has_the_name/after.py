class Box:
    data = [1, 2]


def main(box):
    rows = box.data
    print(len(rows))  # @resume
    return dict(data=rows)


print(main(Box()))
