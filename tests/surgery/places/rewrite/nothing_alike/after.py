def f(x):
    with lock:  # @resume
        return omega[3:5]
