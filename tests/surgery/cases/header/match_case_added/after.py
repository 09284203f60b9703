# Differs: the case was chosen before; it runs on with its new text.
def main(value):
    match value:
        case int():
            print("int")
        case str():
            print("str")
        case _:
            print("other", value)  # @resume


main(1)
main("x")
