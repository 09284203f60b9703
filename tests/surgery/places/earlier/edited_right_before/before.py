def f(x):
    rate = choose(0.1)
    boom(rate)  # @crash
    end()
