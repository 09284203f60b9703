def f(x):
    try:
        risky(x)
    except OSError as error:
        note(error)
        boom(error)  # @crash
    end()
