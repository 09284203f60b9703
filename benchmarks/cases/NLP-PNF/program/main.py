"""Train a model of language and keep the best one after each epoch."""

import argparse

import torch
from torch import nn

import ledger
from words import Words, corpus


def batches(ids, bptt):
    for start in range(0, len(ids) - bptt - 1, bptt):
        yield ids[start : start + bptt], ids[start + 1 : start + 1 + bptt].flatten()


def train(model, ids, args, epoch):
    model.train()
    hidden = None
    for batch, (data, target) in enumerate(batches(ids, args.bptt)):
        model.zero_grad()
        output, hidden = model(data, hidden)
        hidden = tuple(each.detach() for each in hidden)
        loss = nn.functional.cross_entropy(output.flatten(0, 1), target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), args.clip)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(parameter.grad, alpha=-args.lr)
        ledger.step(epoch, batch)


def evaluate(model, ids, args):
    model.eval()
    total, hidden = 0.0, None
    with torch.no_grad():
        for data, target in batches(ids, args.bptt):
            output, hidden = model(data, hidden)
            total += nn.functional.cross_entropy(output.flatten(0, 1), target).item()
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--bptt", type=int, default=20)
    parser.add_argument("--lr", type=float, default=2.0)
    parser.add_argument("--clip", type=float, default=0.25)
    parser.add_argument("--save", default="models/best/words.pt")
    args = parser.parse_args()
    torch.manual_seed(26)
    torch.set_num_threads(1)
    ids, tokens = corpus()
    model = Words(tokens, 32)
    best = None
    for epoch in range(args.epochs):
        train(model, ids[:320], args, epoch)
        loss = evaluate(model, ids[320:], args)
        print("epoch", epoch, loss, flush=True)
        if best is None or loss < best:
            with open(args.save, "wb") as file:
                torch.save(model.state_dict(), file)
            best = loss
    saved = torch.load(args.save, weights_only=True)
    kept = all(saved[name].equal(value) for name, value in model.state_dict().items())
    ledger.result(model, best=best, kept=kept)


if __name__ == "__main__":
    main()
