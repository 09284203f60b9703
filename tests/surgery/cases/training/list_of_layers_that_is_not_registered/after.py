import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(1, 1) for _ in range(2)]
        print(len(self.layers))
        self.layers = nn.ModuleList(self.layers)  # @resume
        self.optimizer = torch.optim.SGD(self.parameters(), lr=0.1)


net = Net()
print(len(net.optimizer.param_groups[0]["params"]))
