"""Train a small CNN on scikit-learn's digits; the report that it writes at step `--report` fails.

It is the program of the comparison in `benchmarks/lost.py`: one training, made safe in one of
several ways (`--safe`), and resumed (`--resume`) from what that way has kept. Each step adds a line
to the ledger, whose path the environment has.
"""

import argparse
import hashlib
import json
import os
import time
from functools import partial
from pathlib import Path

import checkfreq
import torch
from sklearn.datasets import load_digits
from torch import nn


class Training:
    """The model, its optimizer and its place in the data."""

    def __init__(self, args):
        torch.manual_seed(args.seed)
        digits = load_digits()
        self.images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
        self.labels = torch.tensor(digits.target)
        self.batches = checkfreq.Batches(len(self.labels), 16, args.epoch_steps, args.seed)
        self.model = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(0.2), nn.Linear(128, args.width), nn.ReLU(),
            nn.Linear(args.width, 10),
        )  # fmt: skip
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.02, momentum=0.9)
        self.begin = (0, 0, 0)
        self.history = torch.zeros(())

    def state(self, *place):
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "place": place,
            "history": self.history,
            "random": torch.get_rng_state(),
        }

    def resume(self, state):
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.begin = state["place"]
        self.history = state["history"]
        torch.set_rng_state(state["random"])

    def gradients(self, numbers):
        self.optimizer.zero_grad()
        output = self.model(self.images[numbers])
        loss = nn.functional.cross_entropy(output, self.labels[numbers])
        loss.backward()
        return loss.detach()


def mark(*what):
    with open(os.environ["LEDGER"], "a") as ledger:
        print(time.monotonic(), *what, file=ledger)


def train(training, args):
    kept = Path(args.kept)
    frequent = checkfreq.CheckFreq(kept) if args.safe == "checkfreq" else None
    first, begin, steps = training.begin
    for epoch in range(first, args.epochs):
        for place, numbers in enumerate(training.batches.epoch(epoch, begin), begin + 1):
            loss = training.gradients(numbers)
            if frequent is not None:
                frequent.before_update()
            training.optimizer.step()
            training.history = training.history * 0.9 + loss * 0.1
            steps += 1
            if frequent is not None:
                frequent.after_update(partial(training.state, epoch, place, steps))
            mark("step", steps)
            if steps == args.report:
                print("history", training.history.data[0], flush=True)
            if args.safe.isdigit() and steps % int(args.safe) == 0:
                checkfreq.save(training.state(epoch, place, steps), kept)
        begin = 0
        if args.safe == "epoch":
            checkfreq.save(training.state(epoch + 1, 0, steps), kept)
    if frequent is not None:
        frequent.close()
        mark("interval", frequent.interval, "made", frequent.made)
    return steps


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--epoch-steps", type=int, default=100)
    parser.add_argument("--report", type=int, default=290, help="the step after which it reports")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--safe", default="no", help="no, epoch, checkfreq, or a number of steps")
    parser.add_argument("--kept", default="kept.pt")
    parser.add_argument("--resume", action="store_true")
    args = parser.parse_args()
    mark("begins")
    torch.set_num_threads(1)
    training = Training(args)
    if args.resume and os.path.exists(args.kept):
        training.resume(checkfreq.load(Path(args.kept)))
    steps = train(training, args)
    sha = hashlib.sha256()
    for tensor in training.model.state_dict().values():
        sha.update(tensor.numpy().tobytes())
    print(json.dumps({"weights": sha.hexdigest(), "steps": steps}), flush=True)


if __name__ == "__main__":
    main()
