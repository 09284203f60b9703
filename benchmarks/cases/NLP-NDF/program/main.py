"""Train a model of language on a device and a disk that fail once each."""

import torch
from torch import nn

import ledger
from words import Words, corpus

BPTT = 20


def main():
    torch.manual_seed(28)
    torch.set_num_threads(1)
    ids, tokens = corpus()
    model = Words(tokens, 32)
    optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
    for epoch in range(3):
        hidden = None
        for start in range(0, len(ids) - BPTT - 1, BPTT):
            optimizer.zero_grad()
            output, hidden = model(ids[start : start + BPTT], hidden)
            hidden = tuple(each.detach() for each in hidden)
            target = ids[start + 1 : start + 1 + BPTT].flatten()
            loss = nn.functional.cross_entropy(output.flatten(0, 1), target)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            optimizer.step()
            ledger.step(epoch, start)
        with open("words.pt", "wb") as file:
            torch.save(model.state_dict(), file)
    saved = torch.load("words.pt", weights_only=True)
    kept = all(saved[name].equal(value) for name, value in model.state_dict().items())
    ledger.result(model, loss=loss.item(), kept=kept)


if __name__ == "__main__":
    main()
