import torch
from torch import nn


def load(model, state):
    model.load_state_dict(state)  # @crash
    return model.weight.tolist()


print(load(nn.Linear(1, 1, bias=False), {"module.weight": torch.ones(1, 1)}))
