def outer():
    a = 1
    b = 2

    def inner():
        boom(a)  # @crash

    return inner
