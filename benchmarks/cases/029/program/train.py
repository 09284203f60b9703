"""Train a classifier, then serve it by a service that reads its own configuration."""

import json

import torch
from sklearn.datasets import load_digits
from torch import nn

import ledger


class Service:
    """Answers what is on pictures, as its configuration says."""

    def __init__(self, path, model):
        with open(path) as file:
            self.config = json.load(file)
        self.options = {name: str(value) for name, value in self.config.iteritems()}
        self.model = model.eval()
        self.batch = int(self.options["batch"])

    @torch.no_grad()
    def answer(self, images):
        answers = []
        for batch, part in enumerate(images.split(self.batch)):
            answers += self.model(part).argmax(1).tolist()
            ledger.step("answer", batch)
        return answers


def train(model, inputs, targets):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(4):
        for start in range(0, len(inputs), 50):
            optimizer.zero_grad()
            output = model(inputs[start : start + 50])
            loss = nn.functional.cross_entropy(output, targets[start : start + 50])
            loss.backward()
            optimizer.step()
            ledger.step(epoch, start)


def main():
    torch.manual_seed(5)
    torch.set_num_threads(1)
    digits = load_digits()
    inputs = torch.tensor(digits.data, dtype=torch.float32) / 16
    targets = torch.tensor(digits.target)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    train(model, inputs[:1500], targets[:1500])
    service = Service("service.json", model)
    answers = service.answer(inputs[1500:])
    ledger.result(model, right=sum(map(int.__eq__, answers, targets[1500:].tolist())))


if __name__ == "__main__":
    main()
