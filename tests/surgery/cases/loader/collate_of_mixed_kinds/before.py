import torch
from torch.utils.data import DataLoader


def collate(rows):
    return torch.tensor(rows)  # @crash


for batch in DataLoader([1, 2, None, 4], batch_size=2, collate_fn=collate):
    print(batch.tolist())
