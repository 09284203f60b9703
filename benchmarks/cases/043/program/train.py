"""Two towers that share their layers by name, trained to tell whether two digits are the same."""

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger
import scopes


def tower(registry, images):
    hidden = torch.relu(registry.linear("hidden", 64, 32)(images))
    return registry.linear("code", 32, 8)(hidden)


def pretrain(inputs, targets):
    model = nn.Linear(64, 10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for start in range(0, len(inputs), 50):
        optimizer.zero_grad()
        output = model(inputs[start : start + 50])
        loss = nn.functional.cross_entropy(output, targets[start : start + 50])
        loss.backward()
        optimizer.step()
        ledger.step("pretrain", start)
    return model


def main():
    torch.manual_seed(7)
    torch.set_num_threads(1)
    digits = load_digits()
    inputs = torch.tensor(digits.data, dtype=torch.float32) / 16
    targets = torch.tensor(digits.target)
    first = pretrain(inputs, targets)
    with open("history.txt", "w") as history:
        print("begins", file=history)
        registry = scopes.Registry(seed=7)
        codes = []
        for part in (inputs[:800], inputs[800:1600]):
            hidden = torch.relu(registry.linear("hidden", 64, 32)(part))
            codes.append(registry.linear("code", 32, 8)(hidden))
        same = (targets[:800] == targets[800:1600]).float()
        optimizer = torch.optim.SGD(registry.layers.parameters(), lr=0.5)
        with registry.reuse():
            for step in range(30):
                optimizer.zero_grad()
                one, two = tower(registry, inputs[:800]), tower(registry, inputs[800:1600])
                near = (one * two).sum(1)
                loss = nn.functional.binary_cross_entropy_with_logits(near, same)
                loss.backward()
                optimizer.step()
                ledger.step(step)
                print(step, loss.item(), file=history)
    with open("history.txt") as history:
        lines = len(history.read().splitlines())
    ledger.result(first, registry.layers, loss=loss.item(), lines=lines, codes=len(codes))


if __name__ == "__main__":
    main()
