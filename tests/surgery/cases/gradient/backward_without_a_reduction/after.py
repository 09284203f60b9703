import torch
import torch.nn.functional as F

w = torch.zeros(2, requires_grad=True)


def step(x):
    loss = F.mse_loss(w * x, torch.ones(2), reduction="none")
    loss = loss.mean()  # @resume
    loss.backward()
    return w.grad.tolist()


print(step(torch.ones(2)))
