def train(loader):
    total = 0
    for batch in loader:
        out = model(batch)
        out = out.mean()  # @resume
        total += out.item()
        seen(batch)
    return total
