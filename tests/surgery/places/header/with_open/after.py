def f(path):
    for epoch in range(3):
        train(epoch)
        make_folder(path)  # @resume
        with open(path) as file:
            file.write(epoch)
