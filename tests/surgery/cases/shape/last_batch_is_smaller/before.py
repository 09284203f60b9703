import torch


def main(data, size):
    for start in range(0, len(data), size):
        batch = data[start : start + size]
        print(batch.view(size, 2).sum(1).tolist())  # @crash


main(torch.arange(10.0).reshape(5, 2), 2)
