"""A model of language over the words of Python's own documentation, and its data."""

from pydoc_data.topics import topics

import torch
from torch import nn


class Words(nn.Module):
    def __init__(self, tokens, width):
        super().__init__()
        self.embedding = nn.Embedding(tokens, width)
        self.dropout = nn.Dropout(0.2)
        self.body = nn.LSTM(width, width)
        self.decoder = nn.Linear(width, tokens)

    def forward(self, ids, hidden):
        embedded = self.dropout(self.embedding(ids))
        output, hidden = self.body(embedded, hidden)
        return self.decoder(output), hidden


def corpus(length=3200, columns=8):
    """The documentation as numbers of words in columns, and how many words there are."""
    words = topics["compound"].split()
    words = (words * (length // len(words) + 1))[:length]
    numbers = {word: number for number, word in enumerate(sorted(set(words)))}
    ids = torch.tensor([numbers[word] for word in words])
    return ids.view(columns, -1).t().contiguous(), len(numbers)
