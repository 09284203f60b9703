def show(items):
    for key, value in items:
        print(key)
        print(value.upper())  # @crash


show([("a", "x"), ("b", None), ("c", "z")])
