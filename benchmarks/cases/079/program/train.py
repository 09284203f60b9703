"""The forward pass was copied from the evaluation, with its no_grad."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger


def predict(model, images):
    with torch.no_grad():
        return model(images)


def update(model, optimizer, images, labels):
    loss = nn.functional.cross_entropy(predict(model, images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def main():
    torch.manual_seed(10)
    torch.set_num_threads(1)
    digits = load_digits()
    inputs = torch.tensor(digits.data, dtype=torch.float32) / 16
    targets = torch.tensor(digits.target)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for epoch in range(4):
        for start in range(0, len(inputs), 64):
            loss = update(model, optimizer, inputs[start : start + 64], targets[start : start + 64])
            ledger.step(epoch, start)
            losses.append(loss)
    ledger.result(model, loss=sum(losses))


if __name__ == "__main__":
    main()
