def f(x):
    # A word.
    a = first(
        x,
        1,
        [2, 3],
    )

    boom((a))  # @resume
    end()
