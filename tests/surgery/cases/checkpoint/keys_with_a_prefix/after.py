import torch
from torch import nn


def load(model, state):
    state = {key.removeprefix("module."): value for key, value in state.items()}  # @resume
    model.load_state_dict(state)
    return model.weight.tolist()


print(load(nn.Linear(1, 1, bias=False), {"module.weight": torch.ones(1, 1)}))
