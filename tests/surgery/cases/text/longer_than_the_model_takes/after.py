import torch
from torch import nn

positions = nn.Embedding(4, 1)
nn.init.ones_(positions.weight)


def embed(ids):
    at = torch.arange(len(ids))
    at = at[: positions.num_embeddings]  # @resume
    return positions(at).sum().item()


for ids in ([1, 2], [1, 2, 3, 4, 5]):
    print(embed(ids))
