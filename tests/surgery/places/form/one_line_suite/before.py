def f(x):
    if x: boom(x)  # @crash 10
    end()
