"""A CNN whose classifier gets pictures: nothing flattens them."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger

torch.manual_seed(17)
torch.set_num_threads(1)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Linear(72, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(3):
    for start in range(0, len(images), 64):
        optimizer.zero_grad()
        output = model(images[start : start + 64])
        loss = nn.functional.cross_entropy(output, labels[start : start + 64])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
ledger.result(model, loss=loss.item())
