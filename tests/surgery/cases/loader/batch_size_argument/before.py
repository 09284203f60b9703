import torch
from torch.utils.data import DataLoader


def main(data):
    print("rows", len(data))
    loader = DataLoader(data, batchsize=2)  # @crash
    for batch in loader:
        print(batch.tolist())


main(torch.arange(4))
