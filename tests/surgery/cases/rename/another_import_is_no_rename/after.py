# Differs: the import has run by its old text, so what it imports now is missing.
def main(rows):
    from math import trunc  # @warn DFU1001
    from math import ceil as up

    print(up(1.5))
    try:  # @resume
        print([trunc(row) for row in rows])
    except NameError:
        print("not imported")


main([1.5])
