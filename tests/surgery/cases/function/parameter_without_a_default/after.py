def show(value, end):  # @warn DFU1009
    end = "!"  # @resume
    print(value, end)


def main():
    show(1, "?")


main()
