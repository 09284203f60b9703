import torch
import torch.nn.functional as F


def evaluate(batches):
    for out, target in batches:
        loss = F.nll_loss(target, out)  # @crash
        print(loss.item())


evaluate([(torch.zeros(2, 3), torch.tensor([0, 1]))])
