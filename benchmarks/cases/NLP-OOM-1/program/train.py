"""A model of language over the words of Python's own documentation; its hidden size is too large."""

import argparse
from pydoc_data.topics import topics

import torch
from torch import nn

import ledger


def corpus(length):
    words = topics["compound"].split()
    words = (words * (length // len(words) + 1))[:length]
    numbers = {word: number for number, word in enumerate(sorted(set(words)))}
    return torch.tensor([numbers[word] for word in words]), len(numbers)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="LSTM")
    parser.add_argument("--emsize", type=int, default=32)
    parser.add_argument("--nhid", type=int, default=10**8)
    parser.add_argument("--bptt", type=int, default=20)
    args = parser.parse_args()
    torch.manual_seed(20)
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    ids, tokens = corpus(4001)
    embedding = nn.Embedding(tokens, args.emsize).to(device)
    if args.model == "Transformer":
        body = nn.TransformerEncoderLayer(args.emsize, 2, args.nhid, batch_first=True)
    else:
        body = nn.GRU(args.emsize, args.nhid, batch_first=True)
    decoder = nn.Linear(args.nhid, tokens)
    body, decoder = body.to(device), decoder.to(device)
    parameters = [*embedding.parameters(), *body.parameters(), *decoder.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=1.0)
    for epoch in range(2):
        for start in range(0, len(ids) - 1, 8 * args.bptt):
            data = ids[start : start + 8 * args.bptt].view(8, -1).to(device)
            target = ids[start + 1 : start + 1 + 8 * args.bptt].to(device)
            optimizer.zero_grad()
            output = body(embedding(data))
            output = output[0] if isinstance(output, tuple) else output
            loss = nn.functional.cross_entropy(decoder(output).flatten(0, 1), target)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 0.25)
            optimizer.step()
            ledger.step(epoch, start)
    ledger.result(embedding, body, decoder, loss=loss.item())


if __name__ == "__main__":
    main()
