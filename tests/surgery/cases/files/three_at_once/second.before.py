def name():
    return "two"
