import torch
from torch import nn


def load(model, state):
    print("load")
    own = model.state_dict()  # @resume
    fitting = {key: value for key, value in state.items() if value.shape == own[key].shape}
    model.load_state_dict(fitting, strict=False)
    return sorted(model.state_dict())


model = nn.Linear(2, 1)
print(load(model, {"weight": torch.ones(3, 1), "bias": torch.ones(1)}), model.bias.item())
