def main(n):
    try:
        print("try")
        print(n.real)
        value = 4 / n  # @crash
    except AttributeError:
        value = None
    print(value)


main(0)
