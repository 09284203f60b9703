"""Train a model of language; one batch of the reader's arrives as floats."""

import torch
from torch import nn

import ledger
from words import Words, corpus

BPTT = 20


def batches(ids):
    for batch, start in enumerate(range(0, len(ids) - BPTT - 1, BPTT)):
        data = ids[start : start + BPTT]
        if batch == 11:
            data = data.float()
        yield data, ids[start + 1 : start + 1 + BPTT].flatten()


def train(model, ids, optimizer, epoch):
    model.train()
    hidden, total = None, 0.0
    for batch, (data, target) in enumerate(batches(ids)):
        optimizer.zero_grad()
        output, hidden = model(data, hidden)
        hidden = tuple(each.detach() for each in hidden)
        loss = nn.functional.cross_entropy(output.flatten(0, 1), target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        ledger.step(epoch, batch)
        total += loss.item()
    return total


def main():
    torch.manual_seed(27)
    torch.set_num_threads(1)
    ids, tokens = corpus()
    model = Words(tokens, 32)
    optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
    for epoch in range(3):
        loss = train(model, ids, optimizer, epoch)
        print("epoch", epoch, loss, flush=True)
    ledger.result(model, loss=loss)


if __name__ == "__main__":
    main()
