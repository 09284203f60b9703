from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 3.0

    def forward(self, x):
        return self.scaled(x) * nn.functional.relu7(x)  # @crash

    def scaled(self, x):
        return x * self.scale
