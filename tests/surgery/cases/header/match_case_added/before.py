def main(value):
    match value:
        case int():
            print("int")
        case _:
            print(value.name)  # @crash


main(1)
main("x")
