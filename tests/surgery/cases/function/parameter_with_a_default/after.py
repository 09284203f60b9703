# Differs: the call that runs has not got the new argument.
def scaled(values, factor, offset=0):  # @warn DFU1003 DFU1009
    print("scaled", factor)
    offset = locals().get("offset", 100)  # @resume
    return [value * factor + offset for value in values]


def main():
    for factor in (1, 2):
        print(scaled([1, 2], factor, 5))


main()
