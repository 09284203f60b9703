"""A small CNN, written from memory: three mistakes, one after the other."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

import ledger

torch.manual_seed(18)
torch.set_num_threads(1)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
labels = torch.tensor(digits.target)
first, second = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)
size = second(F.max_pool2d(first(images[:1]), 3)).numel()
output = nn.Linear(size, 1)
parameters = [*first.parameters(), *second.parameters(), *output.parameters()]
optimizer = optim.Adam(parameters, lr=0.005)
for epoch in range(3):
    for start in range(0, len(images), 64):
        optimizer.zero_grad()
        hidden = F.relu(first(images[start : start + 64]))
        hidden = F.relu(second(F.max_pool2d(hidden, 2)))
        guess = output(hidden.flatten(1))
        loss = F.cross_entropy(guess, labels[start : start + 64])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
ledger.result(first, second, output, loss=loss.item())
