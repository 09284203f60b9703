"""Train on crops of digits, which the library draws lazily."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

import augment
import ledger

SIDE = 8

torch.manual_seed(4)
torch.set_num_threads(1)
digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32) / 16
labels = torch.tensor(digits.target)
dataset = augment.Cropped(images, labels, size=SIDE, seed=4)
order = torch.Generator().manual_seed(4)
loader = DataLoader(dataset, batch_size=64, shuffle=True, generator=order)
model = nn.Sequential(nn.Flatten(), nn.Linear(36, 48), nn.ReLU(), nn.Linear(48, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(3):
    for batch, (image, label) in enumerate(loader):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(image), label)
        loss.backward()
        optimizer.step()
        ledger.step(epoch, batch)
ledger.result(model, loss=loss.item())
