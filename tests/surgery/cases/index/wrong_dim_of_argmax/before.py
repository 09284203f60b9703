import torch


def correct(logits, target):
    predicted = logits.argmax(dim=2)  # @crash
    return (predicted == target).sum().item()


print(correct(torch.eye(3), torch.tensor([0, 1, 1])))
