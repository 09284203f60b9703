def f(x, scale=2):  # @warn
    a = first(x)
    boom(a * scale)  # @resume
