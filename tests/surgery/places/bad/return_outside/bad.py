def f(x):
    boom(x)


return 1  # @refuse DFU0001
