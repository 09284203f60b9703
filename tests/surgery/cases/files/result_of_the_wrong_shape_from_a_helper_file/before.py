import torch
from helper import evaluate


def main():
    for n in (1, 2):
        scores = evaluate(torch.ones(n))
        print(n, scores.tolist())


main()
