def main():
    a = 1
    c = getattr(a, "value", a) + 1  # @resume
    print(a, c)


main()
