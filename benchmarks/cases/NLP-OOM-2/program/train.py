"""A model of language that keeps what it has seen in a cache on the device."""

from pydoc_data.topics import topics

import torch
from torch import nn

import ledger

ROOM = 6_000_000_000


class Words(nn.Module):
    def __init__(self, tokens, width):
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        self.body = nn.LSTM(width, width)
        self.decoder = nn.Linear(width, tokens)

    def forward(self, ids, hidden):
        output, hidden = self.body(self.embedding(ids), hidden)
        return self.decoder(output), hidden


def corpus(device):
    words = topics["compound"].split()[:3200]
    numbers = {word: number for number, word in enumerate(sorted(set(words)))}
    ids = torch.tensor([numbers[word] for word in words], device=device)
    return ids[: len(ids) // 8 * 8].view(8, -1).t(), len(numbers)


def cache(width, device):
    """Room for the states of a long training."""
    room = torch.empty(ROOM // 4 // width, width, device=device)
    return room


def main():
    torch.manual_seed(23)
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    ids, tokens = corpus(device)
    model = Words(tokens, 32).to(device)
    states = cache(32, device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    step = 0
    for epoch in range(2):
        hidden = None
        for start in range(0, len(ids) - 21, 20):
            output, hidden = model(ids[start : start + 20], hidden)
            hidden = tuple(each.detach() for each in hidden)
            target = ids[start + 1 : start + 21]
            loss = nn.functional.cross_entropy(output.flatten(0, 1), target.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            states[step].copy_(hidden[0][0, 0])
            step += 1
            ledger.step(epoch, start)
    ledger.result(model, loss=loss.item(), states=states[:step].sum().item())


if __name__ == "__main__":
    main()
