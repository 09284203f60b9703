def name():
    return "one"
