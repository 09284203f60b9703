import torch
from torch import nn


def load(model, state):
    print("load")
    model.load_state_dict(state)  # @crash
    return sorted(model.state_dict())


model = nn.Linear(2, 1)
print(load(model, {"weight": torch.ones(3, 1), "bias": torch.ones(1)}), model.bias.item())
