"""Train on digits that are laid out on the device once, with room for their enlargements."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger

ROOM = 6_000_000_000


def train(model, optimizer, inputs, targets, room, epoch):
    for start in range(0, len(inputs), 32):
        part = inputs[start : start + 32]
        enlarged = room[: 4 * part.numel()].view(len(part), 1, 16, 16)
        enlarged.copy_(nn.functional.interpolate(part, 16))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(enlarged), targets[start : start + 32])
        loss.backward()
        optimizer.step()
        ledger.step(epoch, start)
    return loss.item()


def main():
    torch.manual_seed(22)
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    digits = load_digits()
    inputs = torch.tensor(digits.images, dtype=torch.float32, device=device).unsqueeze(1) / 16
    targets = torch.tensor(digits.target, device=device)
    model = nn.Sequential(nn.Conv2d(1, 8, 3, 2), nn.ReLU(), nn.Flatten(), nn.Linear(392, 10))
    model = model.to(device)
    room = torch.empty(ROOM // 4, device=device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(2):
        loss = train(model, optimizer, inputs, targets, room, epoch)
    ledger.result(model, loss=loss)


if __name__ == "__main__":
    main()
