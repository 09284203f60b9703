import torch
from torch import nn


def train(model, batches):
    total = 0.0
    for x in batches:
        x = x.to(model.weight.dtype)  # @resume
        total += model(x).sum().item()
        print("total", total)
    return total


model = nn.Linear(2, 1, bias=False)
nn.init.ones_(model.weight)
train(model, [torch.ones(1, 2), torch.ones(1, 2, dtype=torch.float64)])
