def f(x):
    """Now with a word."""  # @warn DFU1002
    a = first(x)

    def clean(y):  # @resume
        return y or 0

    b = boom(clean(a))
    return b
