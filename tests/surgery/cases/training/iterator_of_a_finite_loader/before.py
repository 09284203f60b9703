def main(loader, steps):
    batches = iter(loader)
    for step in range(steps):
        batch = next(batches, None) + 0  # @crash
        print(step, batch)


main([10, 20], 3)
