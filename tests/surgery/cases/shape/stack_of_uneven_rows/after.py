import torch
from torch.nn.utils.rnn import pad_sequence  # @warn DFU1005


def collate(rows):
    rows = [torch.tensor(row) for row in rows]
    return pad_sequence(rows, batch_first=True)  # @resume


for rows in ([[1, 2], [3, 4]], [[1], [2, 3]]):
    print(collate(rows).tolist())
