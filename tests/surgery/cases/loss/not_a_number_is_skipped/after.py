import torch


def main(batches):
    total = 0.0
    for x in batches:
        loss = x.mean()
        if torch.isnan(loss):  # @resume
            continue
        total += loss.item()
        print("total", total)


main([torch.ones(2), torch.tensor([float("nan")]), torch.ones(1) * 3])
