def f(x):
    if x:
        break  # @refuse DFU0001
    boom(x)
