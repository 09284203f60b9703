"""Classify the rows of digits by their spectra, with a layer of our own."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import layers
import ledger

torch.manual_seed(3)
torch.set_num_threads(1)
digits = load_digits()
inputs = torch.tensor(digits.data, dtype=torch.float32) / 16
targets = torch.tensor(digits.target)
model = nn.Sequential(layers.Spectrum(64), nn.Linear(66, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(4):
    for start in range(0, len(inputs), 64):
        optimizer.zero_grad()
        output = model(inputs[start : start + 64])
        loss = nn.functional.cross_entropy(output, targets[start : start + 64])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
ledger.result(model, loss=loss.item())
