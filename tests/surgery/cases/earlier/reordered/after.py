# Differs: what has run has run in the old order.
def main():
    b = 2
    print("b", b)
    a = 1
    print("a", a)
    print("c")  # @resume


main()
