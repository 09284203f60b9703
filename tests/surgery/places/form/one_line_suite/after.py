def f(x):
    if x:
        note(x)  # @resume
        boom(x)
    end()
