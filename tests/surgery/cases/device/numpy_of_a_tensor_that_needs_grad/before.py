import torch


def report(values):
    return values.numpy().sum()  # @crash


w = torch.ones(2, requires_grad=True)
for step in range(2):
    print(step, report(w * step))
