# Differs: the loop is begun anew over something else.
import operator


def main(rows):
    print("start")
    rows = [int(row) for row in rows]  # @resume
    for row in map(operator.neg, rows[1:]):
        print(row)
    print("end")


main([1, "2", 3])
