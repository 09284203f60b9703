def name():
    return 1
