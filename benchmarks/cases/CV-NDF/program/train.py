"""The usual example of MNIST, on digits, on a device and a disk that fail once each."""

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


def train(model, device, loader, optimizer, epoch):
    model.train()
    for batch, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
        ledger.step(epoch, batch)
    return loss.item()


def main():
    torch.manual_seed(30)
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    digits = load_digits()
    inputs = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    loader = DataLoader(TensorDataset(inputs, torch.tensor(digits.target)), 50, shuffle=True)
    model = Net().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(3):
        loss = train(model, device, loader, optimizer, epoch)
        print("epoch", epoch, loss, flush=True)
    if loss < 10:
        torch.save(model.state_dict(), "cnn.pt")
    saved = torch.load("cnn.pt", weights_only=True)
    ledger.result(model, loss=loss, saved=len(saved))


if __name__ == "__main__":
    main()
