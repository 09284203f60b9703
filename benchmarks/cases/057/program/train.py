"""Warnings are errors here, and the library has grown older."""

import warnings

import torch
from sklearn.datasets import load_digits
from torch import nn

import kit
import ledger

torch.manual_seed(8)
torch.set_num_threads(1)
digits = load_digits()
images = torch.tensor(digits.data, dtype=torch.float32)
targets = torch.tensor(digits.target)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
warnings.simplefilter("error")
for epoch in range(3):
    inputs = kit.rescale(images, 16)
    for start in range(0, len(inputs), 64):
        optimizer.zero_grad()
        output = model(inputs[start : start + 64])
        loss = nn.functional.cross_entropy(output, targets[start : start + 64])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
ledger.result(model, loss=loss.item())
