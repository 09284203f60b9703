import torch
from torch.utils.data import DataLoader, TensorDataset


def main(loader):
    for batch in loader:
        print(batch.sum().item())  # @crash


main(DataLoader(TensorDataset(torch.arange(4.0)), batch_size=2))
