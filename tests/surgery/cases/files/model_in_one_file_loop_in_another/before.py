import torch
from net import Net


def main():
    net = Net()
    for n in range(2):
        print(n, net(torch.ones(1, 2)).tolist())


main()
