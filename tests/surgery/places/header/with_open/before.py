def f(path):
    for epoch in range(3):
        train(epoch)
        with open(path) as file:  # @crash
            file.write(epoch)
