# Differs: the first call was one of the old text.
import torch


def evaluate(x):
    parts = [x, torch.ones(1)]
    return torch.cat(parts).sum(0)  # @resume
