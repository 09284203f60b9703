# Differs: the loss at hand is the old helper's.
import torch


def mse(a, b):
    return ((a - b) ** 2).mean()


def main():
    for n in range(2):
        loss = mse(torch.ones(2) * (n + 1), torch.zeros(2))
        loss = loss.sum()  # @resume
        print(f"{loss:.2f}!")


main()
