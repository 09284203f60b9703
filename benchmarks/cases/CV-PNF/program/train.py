"""The usual example of MNIST, on digits: it saves the model when all epochs are done."""

import argparse
import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

import ledger


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.dropout = nn.Dropout(0.25)
        self.fc = nn.Linear(72, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv(x)), 2)
        return self.fc(self.dropout(x.flatten(1)))


def train(model, inputs, targets, optimizer, epoch):
    model.train()
    for start in range(0, len(inputs), 50):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs[start : start + 50]), targets[start : start + 50])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)


def test(model, inputs, targets):
    model.eval()
    with torch.no_grad():
        return (model(inputs).argmax(1) == targets).sum().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--save-model", default="checkpoints/cnn.pt")
    args = parser.parse_args()
    torch.manual_seed(25)
    torch.set_num_threads(1)
    digits = load_digits()
    inputs = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    targets = torch.tensor(digits.target)
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(args.epochs):
        train(model, inputs[:1500], targets[:1500], optimizer, epoch)
        right = test(model, inputs[1500:], targets[1500:])
        print("epoch", epoch, "right", right, flush=True)
    if args.save_model:
        torch.save(model.state_dict(), args.save_model)
    saved = os.path.getsize(args.save_model) > 0
    ledger.result(model, right=right, saved=saved)


if __name__ == "__main__":
    main()
