import torch


def evaluate(x):
    parts = [x, torch.ones(1)]
    return torch.stack(parts).sum(0)  # @crash
