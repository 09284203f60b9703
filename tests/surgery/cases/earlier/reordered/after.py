# Differs: what has run has run in the old order.
def main():
    b = 2
    print("b", b)
    a = 1  # @warn DFU1002
    print("a", a)  # @warn DFU1002
    print("c")  # @resume


main()
