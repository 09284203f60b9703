def train(loader):
    for batch in loader:
        if batch.dtype != kind:  # @resume
            continue
        out = model(batch)
        step(out)
