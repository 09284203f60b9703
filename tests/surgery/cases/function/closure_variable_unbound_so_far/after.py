# Differs: the line that was added first runs from the next pass on.
def main(rows):
    for row in rows:
        scale = 10  # @warn DFU1002
        print("row", row)

        def scaled(value):  # @resume DFU1010
            try:
                return value * scale
            except NameError:
                return value

        print(scaled(row))


main([1, 2])
