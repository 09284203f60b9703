import operator


def main(rows):
    print("start")
    for row in map(operator.neg, rows):  # @crash
        print(row)
    print("end")


main([1, "2", 3])
