def f(x):
    a = first()
    boom(a)  # @resume
    save(a, 1)
    end(a, 1)
