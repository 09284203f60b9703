# Differs: the merged call has run before and runs again.
def noted(value):
    print("noted", value)
    return value


def main():
    print("start")
    b = abs(noted(2))  # @resume DFU1013
    return b


print(main())
