import torch


def scores(q, k):
    return q @ k  # @crash


print(scores(torch.ones(2, 3), torch.ones(4, 3)).tolist())
