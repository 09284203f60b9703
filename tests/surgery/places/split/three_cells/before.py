def f(x):
    a = first(x)
    save(merge(a, boom(x)))  # @crash
    end(a)
