"""A residual network on coloured digits; the channels come last."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger

torch.manual_seed(15)
torch.set_num_threads(1)
digits = load_digits()
grey = torch.tensor(digits.images, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
colours = torch.rand(len(grey), 1, 1, 3)
images = grey.unsqueeze(-1) * colours
stem = nn.Conv2d(3, 12, 3, padding=1)
block = nn.Sequential(
    nn.Conv2d(12, 12, 3, padding=1, groups=12), nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 12, 1)
)
head = nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(192, 10))
shape = stem(torch.zeros(1, 8, 8, 3)).shape
print("the stem makes", tuple(shape))
parameters = [*stem.parameters(), *block.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(parameters, lr=0.01)
for epoch in range(2):
    for start in range(0, len(images), 64):
        optimizer.zero_grad()
        hidden = stem(images[start : start + 64])
        output = head(hidden + block(hidden))
        loss = nn.functional.cross_entropy(output, labels[start : start + 64])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
ledger.result(stem, block, head, loss=loss.item())
