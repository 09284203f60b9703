setup()  # @warn DFU1004


def main():
    boom(1)  # @resume


main()
