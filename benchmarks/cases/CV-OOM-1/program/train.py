"""The usual example of MNIST, on digits enlarged to 28 times 28; one layer is far too large."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

import ledger


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.fc1 = nn.Linear(9216, 10**12)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x = F.max_pool2d(x, 2).flatten(1)
        return self.fc2(F.relu(self.fc1(x)))


def train(model, device, inputs, targets, optimizer, epoch):
    for start in range(0, len(inputs), 32):
        data, target = inputs[start : start + 32].to(device), targets[start : start + 32].to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
    return loss.item()


def main():
    torch.manual_seed(19)
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    digits = load_digits()
    images = torch.tensor(digits.images[:160], dtype=torch.float32).unsqueeze(1) / 16
    inputs = F.interpolate(images, 28)
    targets = torch.tensor(digits.target[:160])
    model = Net().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for epoch in range(2):
        loss = train(model, device, inputs, targets, optimizer, epoch)
    ledger.result(model, loss=loss)


if __name__ == "__main__":
    main()
