def main(loader, steps):
    batches = iter(loader)
    for step in range(steps):
        batch = next(batches, None)  # @resume
        if batch is None:
            batches = iter(loader)
            batch = next(batches)
        print(step, batch)


main([10, 20], 3)
