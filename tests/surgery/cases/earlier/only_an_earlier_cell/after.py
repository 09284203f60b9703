# Differs: this pass keeps the name that it has; the next one has the new text's.
def main():
    for n in range(3):
        name = "b" * n  # @warn DFU1001
        print("n", n)
        print({"": 0, "b": 1, "bb": 2}.get(name, "?"))  # @resume


main()
