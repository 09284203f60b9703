import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.head = nn.Linear(2 * 5 * 5, 1)
        for each in self.parameters():
            nn.init.constant_(each, 0.1)

    def forward(self, x):
        x = self.conv(x)
        x = x.flatten(1)
        return self.head(x)  # @crash


net = Net()
for size in (7, 8):
    print(size, tuple(net(torch.ones(1, 1, size, size)).shape))
