def main(kind):
    if kind == "a":
        print("A")
    else:
        print(kinds[kind])  # @crash


main("a")
main("b")
