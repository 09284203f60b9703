import torch


def collate(rows):
    rows = [torch.tensor(row) for row in rows]
    return torch.stack(rows)  # @crash


for rows in ([[1, 2], [3, 4]], [[1], [2, 3]]):
    print(collate(rows).tolist())
