setup()  # @warn DFU1017


def main():
    boom(1)  # @resume


main()
