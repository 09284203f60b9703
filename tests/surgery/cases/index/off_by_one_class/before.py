import torch
import torch.nn.functional as F


def one_hot(labels, classes):
    return F.one_hot(labels, classes).tolist()  # @crash


for labels in (torch.tensor([0, 1]), torch.tensor([2, 3])):
    print(one_hot(labels, 3))
