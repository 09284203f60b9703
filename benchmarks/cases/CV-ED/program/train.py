"""The usual example of MNIST, on digits; one batch is broken."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

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


class Broken(DataLoader):
    """A loader one of whose batches is of another type, and no numbers."""

    def __iter__(self):
        for batch, (data, target) in enumerate(super().__iter__()):
            if batch == 17:
                data = torch.full_like(data, float("nan"), dtype=torch.float64)
            yield data, target


def train(model, loader, optimizer, epoch):
    model.train()
    for batch, (data, target) in enumerate(loader):
        optimizer.zero_grad()
        output = model(data)
        loss = F.cross_entropy(output, target)
        loss.backward()
        optimizer.step()
        ledger.step(epoch, batch)
    return loss.item()


def main():
    torch.manual_seed(29)
    torch.set_num_threads(1)
    digits = load_digits()
    inputs = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    loader = Broken(TensorDataset(inputs, torch.tensor(digits.target)), 50, shuffle=True)
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(3):
        loss = train(model, loader, optimizer, epoch)
        print("epoch", epoch, loss, flush=True)
    ledger.result(model, loss=loss)


if __name__ == "__main__":
    main()
