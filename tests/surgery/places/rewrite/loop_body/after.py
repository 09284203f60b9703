def f(xs):
    for x in xs:
        if not valid(x):  # @resume
            continue
        with lock:
            handle(x)
    end()
