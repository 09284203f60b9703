import torch
from torch import nn


def main(batches):
    table = nn.Embedding(4, 1)
    nn.init.ones_(table.weight)
    for ids in batches:
        print(table(ids).sum().item())  # @crash


main([torch.tensor([0, 1]), torch.tensor([2.0, 3.0]), torch.tensor([1])])
