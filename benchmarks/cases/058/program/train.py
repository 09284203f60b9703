"""Rows of pixels as lists of lists go straight into a layer."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger

torch.manual_seed(9)
torch.set_num_threads(1)
digits = load_digits()
inputs = [[value / 16 for value in row] for row in digits.data.tolist()]
targets = digits.target.tolist()
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
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
