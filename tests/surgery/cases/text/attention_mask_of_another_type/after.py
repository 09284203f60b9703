import torch


def masked(scores, mask):
    return scores.masked_fill(mask.bool(), -1.0).tolist()  # @resume


print(masked(torch.ones(2), torch.tensor([True, False])), masked(torch.ones(2), torch.tensor([0, 1])))
