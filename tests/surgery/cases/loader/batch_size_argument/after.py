import torch
from torch.utils.data import DataLoader


def main(data):
    print("rows", len(data))
    loader = DataLoader(data, batch_size=2)  # @resume
    for batch in loader:
        print(batch.tolist())


main(torch.arange(4))
