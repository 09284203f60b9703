def f(x):
    a = first()
    boom(a)  # @crash
    save(a)
    end(a)
