def noted(value):
    print("noted", value)
    return value


def main():
    print("start")
    a = noted(2)
    b = undefined(a)  # @crash
    return b


print(main())
