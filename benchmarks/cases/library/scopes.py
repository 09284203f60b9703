"""A library that keeps layers by name in a registry, to be shared between towers.

A name is made once; inside `reuse()` it is looked up. A registry in which something went wrong is
half-built, and takes nothing more: only a new one does.
"""

import contextlib

import torch
from torch import nn


class Registry:
    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.layers = nn.ModuleDict()
        self.shared = False
        self.frozen = False

    @contextlib.contextmanager
    def reuse(self):
        self.shared = True
        try:
            yield
        finally:
            self.shared = False

    def linear(self, name, inputs, outputs):
        if self.frozen:
            raise ValueError("the registry is half-built and takes no layers")
        if name in self.layers and not self.shared:
            self.frozen = True
            raise ValueError(f"Layer {name} already exists, disallowed. Did you mean reuse()?")
        if name not in self.layers:
            layer = nn.Linear(inputs, outputs)
            for parameter in layer.parameters():
                nn.init.normal_(parameter, std=0.1, generator=self.generator)
            self.layers[name] = layer
        return self.layers[name]
