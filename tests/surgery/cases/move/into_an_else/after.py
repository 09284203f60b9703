def main(n):
    try:
        print("try")
        print(n.real)  # @after
    except AttributeError:
        value = None
    else:
        value = 4 / (n or 1)
    print(value)


main(0)
