def f(x):
    a = first(x); boom(a); end(a)  # @crash 18
