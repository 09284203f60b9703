"""Train a classifier of digits and have it evaluated by another module, which writes a report."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import evaluation
import ledger


def main():
    torch.manual_seed(13)
    torch.set_num_threads(1)
    digits = load_digits()
    inputs = torch.tensor(digits.data, dtype=torch.float32) / 16
    targets = torch.tensor(digits.target)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    rates = []
    with open("report.txt", "w") as report:
        for epoch in range(3):
            for start in range(0, 1500, 50):
                optimizer.zero_grad()
                output = model(inputs[start : start + 50])
                loss = nn.functional.cross_entropy(output, targets[start : start + 50])
                loss.backward()
                optimizer.step()
                ledger.step(epoch, start)
            rates.append(evaluation.evaluate(model, inputs[1500:], targets[1500:]))
            print(epoch, rates[-1], file=report)
    with open("report.txt") as report:
        ledger.result(model, rates=rates, report=report.read())


if __name__ == "__main__":
    main()
