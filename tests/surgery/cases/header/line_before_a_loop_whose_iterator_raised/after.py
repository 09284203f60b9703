# Differs: the loop goes on with its iterator, which is past what it failed on.
import operator


def main(rows):
    print("start")
    print("rows", rows)  # @warn DFU1002
    for row in map(operator.neg, rows):
        print(row)
    print("end")


main([1, "2", 3])
