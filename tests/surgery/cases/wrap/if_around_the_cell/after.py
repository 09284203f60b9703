def show(items):
    for key, value in items:
        print(key)
        if value is not None:  # @resume
            print(value.upper())


show([("a", "x"), ("b", None), ("c", "z")])
