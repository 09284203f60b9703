"""A network that is put together layer by layer."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger

torch.manual_seed(6)
torch.set_num_threads(1)
digits = load_digits()
inputs = torch.tensor(digits.data, dtype=torch.float32) / 16
targets = torch.tensor(digits.target)
model = nn.Sequential()
hidden = nn.Linear(64, 32)
model.add_module("hidden", hidden, activation="relu")
model.add_module("output", nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(4):
    for start in range(0, len(inputs), 64):
        optimizer.zero_grad()
        output = model(inputs[start : start + 64])
        loss = nn.functional.cross_entropy(output, targets[start : start + 64])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
ledger.result(model, loss=loss.item())
