import torch

w = torch.ones(2, requires_grad=True)


def update(rate):
    w.sub_(rate)  # @crash
    return w.tolist()


print(update(0.5))
