import torch

w = torch.ones(2, requires_grad=True)


def update(rate):
    with torch.no_grad():  # @resume
        w.sub_(rate)
    return w.tolist()


print(update(0.5))
