import torch


def mse(a, b):
    return (a - b) ** 2


def main():
    for n in range(2):
        loss = mse(torch.ones(2) * (n + 1), torch.zeros(2))
        print(f"{loss:.2f}")  # @crash


main()
