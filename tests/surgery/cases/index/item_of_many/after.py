import torch


def log(step, loss):
    print(step, loss.mean().item())  # @resume


for step, loss in enumerate([torch.tensor(1.0), torch.tensor([1.0, 2.0])]):
    log(step, loss)
