def train(loader):
    for batch in loader:
        out = model(batch)  # @crash
        step(out)
