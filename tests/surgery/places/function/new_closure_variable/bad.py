def outer():
    a = 1
    b = 2

    def inner():  # @refuse DFU0013
        boom(a + b)

    return inner
