import torch


def test(outputs):
    loss = 0
    for out in outputs:
        loss += out.mean().item()  # @resume
    return round(loss / len(outputs), 2)


print(test([torch.ones(2), torch.zeros(2)]))
