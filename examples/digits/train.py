"""Train a small CNN on scikit-learn's handwritten digits.

The program is deterministic: the same seed gives the same weights to the last bit. It writes only
into the folder given by --out. Every optimizer step is logged there, so that work done twice can
be counted. The last line printed is the result as JSON.

There is a bug, in test(): since PyTorch 0.5 a loss is a 0-dim tensor and cannot be indexed.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.dropout = nn.Dropout(0.3)
        self.classifier = nn.Linear(2 * width * 4 * 4, 10)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.dropout(self.features(images).flatten(1)))


def load(batch_size: int, seed: int) -> tuple[DataLoader, DataLoader]:
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    train_set = TensorDataset(images[order[:1500]], labels[order[:1500]])
    test_set = TensorDataset(images[order[1500:]], labels[order[1500:]])
    return (
        DataLoader(train_set, batch_size, shuffle=True),
        DataLoader(test_set, batch_size),
    )


def train(model, loader, criterion, optimizer, epoch, epochs, step_log) -> None:
    model.train()
    for batch, (data, target) in enumerate(loader, 1):
        optimizer.zero_grad()
        loss = criterion(model(data), target)
        loss.backward()
        optimizer.step()
        step_log.write(f"{epoch} {batch}\n")
        if batch % 10 == 0 or batch == len(loader):
            done, total = (epoch - 1) * len(loader) + batch, epochs * len(loader)
            print(f"step {done}/{total} epoch {epoch} loss {loss.item():.4f}", flush=True)


def test(model, loader, criterion, epoch) -> float:
    model.eval()
    test_loss = 0
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data)
            test_loss += criterion(output, target).data[0]
            correct += (output.argmax(1) == target).sum().item()
    accuracy = correct / len(loader.dataset)
    mean = test_loss / len(loader)
    print(f"test epoch {epoch} loss {mean:.4f} accuracy {accuracy:.4f}", flush=True)
    return accuracy


def save(path, epoch, model, optimizer) -> None:
    state = {
        "epoch": epoch,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
    }
    torch.save(state, path)


def resume(path, model, optimizer) -> int:
    state = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["rng"])
    return state["epoch"]


def digest(model) -> str:
    sha = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        sha.update(name.encode())
        sha.update(tensor.contiguous().numpy().tobytes())
    return sha.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description="Train a small CNN on handwritten digits.")
    parser.add_argument("--out", type=Path, default=Path("out"), help="the only folder written to")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--test-every", type=int, default=3, metavar="EPOCHS")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--width", type=int, default=64, help="channels of the first layer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--checkpoint", action="store_true", help="save one at each epoch's end")
    parser.add_argument("--resume", action="store_true", help="start from the last checkpoint")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    args.out.mkdir(parents=True, exist_ok=True)
    checkpoint = args.out / "checkpoint.pt"

    train_loader, test_loader = load(args.batch_size, args.seed)
    model = Net(args.width)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    first = resume(checkpoint, model, optimizer) + 1 if args.resume else 1

    accuracy = 0.0
    log_path = args.out / "steps.log"
    with open(log_path, "a", buffering=1) as step_log:
        for epoch in range(first, args.epochs + 1):
            train(model, train_loader, criterion, optimizer, epoch, args.epochs, step_log)
            if epoch % args.test_every == 0:
                accuracy = test(model, test_loader, criterion, epoch)
            if args.checkpoint:
                save(checkpoint, epoch, model, optimizer)

    steps = len(log_path.read_text().splitlines())
    result = {"weights_sha256": digest(model), "accuracy": accuracy, "steps": steps}
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
