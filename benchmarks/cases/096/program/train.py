"""Batches are lists, as the reader of a CSV file gives them."""

import csv
import io

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger

torch.manual_seed(11)
torch.set_num_threads(1)
digits = load_digits()
file = io.StringIO()
csv.writer(file).writerows(zip(*digits.data.T, digits.target, strict=True))
file.seek(0)
rows = [[float(value) for value in row] for row in csv.reader(file)]
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(4):
    for start in range(0, len(rows), 64):
        batch = rows[start : start + 64]
        pixels = [row[:-1] for row in batch]
        labels = torch.tensor([int(row[-1]) for row in batch])
        optimizer.zero_grad()
        output = model(pixels)
        loss = nn.functional.cross_entropy(output, labels)
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
ledger.result(model, loss=loss.item())
