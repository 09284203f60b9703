"""Layers that torch does not have."""

import torch
from torch import nn


class Spectrum(nn.Module):
    """The spectrum of a signal, each frequency weighted by what is learnt."""

    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size, 2))

    def forward(self, signal):
        spectrum = torch.rfft(signal, 1)
        return (spectrum * self.weight).flatten(1)
