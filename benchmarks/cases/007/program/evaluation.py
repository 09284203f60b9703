"""How many digits a model finds among its two best guesses, over several parts of the data."""

import torch


def hits(model, inputs, targets):
    """Whether each target is among the two best guesses."""
    best = model(inputs).topk(2).indices
    return (best == targets[:, None]).any(1).nonzero()


def gather(model, parts):
    return torch.stack([hits(model, inputs, targets) for inputs, targets in parts])


def score(model, parts):
    found = gather(model, parts)
    return found.float().mean().item()


@torch.no_grad()
def evaluate(model, inputs, targets):
    size = len(inputs) // 5
    parts = [(inputs[k : k + size], targets[k : k + size]) for k in range(0, 5 * size, size)]
    return score(model, parts)
