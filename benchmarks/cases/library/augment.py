"""A library of data augmentation: it draws lazily, when a sample is asked for."""

import torch
from torch.utils.data import Dataset


class Cropped(Dataset):
    """Squares of `size`, cut at a place that is drawn anew for each sample."""

    def __init__(self, images, labels, size, seed):
        self.images, self.labels, self.size = images, labels, size
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        room = self.images.shape[-1] - self.size
        top, left = torch.randint(0, room, (2,), generator=self.generator)
        image = self.images[index, top : top + self.size, left : left + self.size]
        return image, self.labels[index]
