import torch
from torch.utils.data import DataLoader


def collate(rows):
    rows = [row for row in rows if row is not None]  # @resume
    return torch.tensor(rows)


for batch in DataLoader([1, 2, None, 4], batch_size=2, collate_fn=collate):
    print(batch.tolist())
