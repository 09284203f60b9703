# Differs: the cell stands before the loop that runs now; the console gives what it would have.
def main(rows):
    size = 2  # @warn DFU1002
    for row in rows:
        print(row, locals().get("size"))  # @resume
    print("end")


main([3, 4])
