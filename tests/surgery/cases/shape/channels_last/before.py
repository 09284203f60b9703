import torch
from torch import nn

conv = nn.Conv2d(3, 1, 1, bias=False)
nn.init.ones_(conv.weight)


def features(images):
    for image in images:
        yield conv(image[None]).sum().item()  # @crash


print(list(features([torch.ones(3, 2, 2), torch.ones(2, 2, 3)])))
