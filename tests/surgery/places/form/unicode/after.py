def f(x):
    größe = "ä"
    boom(größe, 1)  # @resume
    end()
