import pathlib
import tempfile

import torch

root = pathlib.Path(tempfile.mkdtemp())


def save(state, path):
    path.parent.mkdir(parents=True, exist_ok=True)  # @resume
    torch.save(state, path)
    print("saved", path.name)


for epoch in range(2):
    print("epoch", epoch)
    save({"epoch": epoch}, root / "runs" / f"{epoch}.pt")
print(torch.load(root / "runs" / "1.pt"))
