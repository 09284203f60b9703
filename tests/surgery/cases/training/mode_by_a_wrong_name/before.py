import torch
from torch import nn


def evaluate(model, x):
    model.evaluate()  # @crash
    with torch.no_grad():
        return model(x).sum().item()


print(evaluate(nn.Dropout(0.5), torch.ones(2)))
