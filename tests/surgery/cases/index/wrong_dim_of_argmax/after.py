import torch


def correct(logits, target):
    predicted = logits.argmax(dim=1)  # @resume
    return (predicted == target).sum().item()


print(correct(torch.eye(3), torch.tensor([0, 1, 1])))
