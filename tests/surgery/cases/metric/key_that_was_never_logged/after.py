def report(history):
    for name in ("loss", "accuracy"):
        if name not in history:  # @resume
            continue
        print(name, history[name][-1])


history = {"loss": [2.0, 1.0]}
report(history)
