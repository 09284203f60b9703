def main(kind):
    if kind == "a":
        print("A")
    elif kind == "b":  # @resume
        print("B")
    else:
        print("other")


main("a")
main("b")
