"""Train a CNN on digits and draw its filters after each epoch, tile by tile."""

import hashlib

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger


def tiles(filters, columns):
    """One picture of all filters, `columns` of them in a row."""
    picture = []
    for first in range(0, len(filters), columns):
        row = []
        for each in filters[first : first + columns]:
            low, high = each.min(), each.max()
            row.append((each - low) / (high - low))
        picture.append(np.concatenate(row, axis=1))
    return np.array(picture)


def main():
    torch.manual_seed(16)
    torch.set_num_threads(1)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    conv = nn.Conv2d(1, 10, 3)
    model = nn.Sequential(conv, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(90, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    pictures = []
    for epoch in range(3):
        for start in range(0, len(images), 64):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(
                model(images[start : start + 64]), labels[start : start + 64]
            )
            loss.backward()
            optimizer.step()
            ledger.step(epoch, start)
        picture = tiles(conv.weight.detach().numpy()[:, 0], 4)
        pictures.append(hashlib.sha256(picture.tobytes()).hexdigest())
    ledger.result(model, pictures=pictures, shape=picture.shape)


if __name__ == "__main__":
    main()
