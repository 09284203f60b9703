import torch
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return self.rows[at] + self.rows[min(at + 1, len(self.rows) - 1)].item()  # @resume


for batch in DataLoader(Pairs(torch.arange(3)), batch_size=2):
    print(batch.tolist())
