# Differs: the line put in early runs from the next pass on.
def main():
    for number in range(3):
        print("pass", number)  # @warn DFU1002
        name = f"n{number}"
        value = {"n0": 0, "n2": 2}
        print(value.get(name))  # @resume


main()
