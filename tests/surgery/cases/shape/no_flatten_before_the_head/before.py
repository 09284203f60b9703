import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 1, bias=False)
        nn.init.ones_(self.head.weight)

    def forward(self, x):
        return self.head(x)  # @crash


net = Net()
print(net(torch.ones(2, 2, 2)).tolist())
