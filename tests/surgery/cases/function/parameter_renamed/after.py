# Differs: the call that runs has its argument under the old name.
def show(numbers):  # @warn DFU1009
    print(len(locals().get("numbers", "1")), sum(locals().get("numbers", [1])))  # @resume


def main():
    for values in ([1], [2, 3]):
        show(values)


main()
