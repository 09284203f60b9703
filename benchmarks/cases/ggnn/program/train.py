"""A gated graph network that tells whether a generated graph holds a triangle."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import ledger

NODES = 6


class Graphs(Dataset):
    def __init__(self, count, seed):
        draw = torch.rand(count, NODES, NODES, generator=torch.Generator().manual_seed(seed))
        edges = (draw.triu(1) < 0.3).float()
        self.edges = edges + edges.mT
        cubes = self.edges @ self.edges @ self.edges
        self.targets = (cubes.diagonal(dim1=1, dim2=2).sum(1) > 0).long()

    def __len__(self):
        return len(self.edges)

    def __getitem__(self, index):
        return self.edges[index], self.targets[index]


class GGNN(nn.Module):
    def __init__(self, width=12, hops=3):
        super().__init__()
        self.width, self.hops = width, hops
        self.message = nn.Linear(width, width)
        self.cell = nn.GRUCell(width, width)
        self.output = nn.Linear(width, 2)

    def forward(self, edges):
        state = torch.eye(NODES, self.width).expand(len(edges), -1, -1)
        for _ in range(self.hops):
            incoming = edges @ self.message(state)
            state = self.cell(
                incoming.reshape(-1, self.width), state.reshape(-1, self.width)
            ).view(len(edges), NODES, self.width)
        return self.output(state.sum(1))


def train(epoch, loader, net, criterion, optimizer):
    net.train()
    for batch, (edges, target) in enumerate(loader):
        optimizer.zero_grad()
        loss = criterion(net(edges), target)
        loss.backward()
        optimizer.step()
        ledger.step(epoch, batch)


def test(loader, net, criterion):
    test_loss, correct = 0, 0
    net.eval()
    for edges, target in loader:
        output = net(edges)
        test_loss += criterion(output, target).data[0]
        correct += output.argmax(1).eq(target).sum().item()
    return test_loss / len(loader), correct


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    opt = parser.parse_args()
    torch.manual_seed(12)
    torch.set_num_threads(1)
    order = torch.Generator().manual_seed(12)
    training = DataLoader(Graphs(600, 0), 20, shuffle=True, generator=order)
    testing = DataLoader(Graphs(200, 1), 20, num_workers=opt.workers)
    net = GGNN()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for epoch in range(opt.epochs):
        train(epoch, training, net, criterion, optimizer)
        loss, correct = test(testing, net, criterion)
    ledger.result(net, loss=loss, correct=correct)


if __name__ == "__main__":
    main()
