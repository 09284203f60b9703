# Differs: the loop that runs goes on over what it was begun with.
def main(rows):
    for part in (0, 1):
        for row in reversed(rows):  # @warn DFU1007
            print(part, row, row[part : part + 1])  # @resume


main(["ab", "c", "de"])
