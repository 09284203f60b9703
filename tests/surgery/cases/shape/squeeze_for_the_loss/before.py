import torch
from torch import nn


def step(model, x, y):
    out = model(x)
    loss = nn.functional.binary_cross_entropy_with_logits(out, y)  # @crash
    return loss.item()


model = nn.Linear(2, 1)
for each in model.parameters():
    nn.init.zeros_(each)
print(round(step(model, torch.ones(3, 2), torch.ones(3)), 4))
