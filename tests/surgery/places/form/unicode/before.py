def f(x):
    größe = "ä"; boom(größe)  # @crash 20
    end()
