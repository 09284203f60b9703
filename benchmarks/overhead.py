"""What vaccination costs while nothing goes wrong: plain and vaccinated code side by side.

Each pair runs in one process, in short blocks that alternate, so that the machine's drift falls on
both alike. Says nanoseconds for each pass of a loop, plain and added (medians over the blocks, with
the middle half of the differences), and for a small training the ratio of the medians.

Run: python benchmarks/overhead.py [--blocks N]
"""

from __future__ import annotations

import argparse
import linecache
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import daifu_dap as daifu

PASSES = 100_000

MICRO = """
class Manager:
    def __enter__(self): return self
    def __exit__(self, *how): pass

def callee(x):
    return x

def call(n):
    for i in range(n):
        callee(i)

def loop(n):
    total = 0
    for i in range(n):
        total += i

def nested_loop(n):
    total = 0
    for i in range(n):
        for j in (1, 2, 3):
            total += j

def with_block(n):
    manager = Manager()
    for i in range(n):
        with manager:
            pass

def try_finally(n):
    for i in range(n):
        try:
            pass
        finally:
            done = i

def body_of_ten(n):
    for i in range(n):
        a = i + 1; b = a * 2; c = b - a; d = c + b; e = d * 2
        f = e - d; g = f + a; h = g + b; k = h - c; m = k + d
"""

TRAINING = """
import torch

torch.manual_seed(0)
torch.set_num_threads(1)
model = torch.nn.Sequential(
    torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
criterion = torch.nn.CrossEntropyLoss()
data = [(torch.randn(32, 64), torch.randint(10, (32,))) for _ in range(20)]

def step(x, y):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    return loss

def train(n):
    for epoch in range(n):
        for x, y in data:
            step(x, y)
"""


def functions(text: str, name: str, vaccinated: bool) -> dict[str, Any]:
    """The functions of a text, plain or vaccinated."""
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"__name__": name}
    exec(compile(text, name, "exec"), space)
    if vaccinated:
        for value in list(space.values()):
            if callable(value) and getattr(value, "__module__", None) == name:
                daifu.transform()(value)
    return space


def alternate(
    plain: Callable[[int], object], other: Callable[[int], object], passes: int, blocks: int
) -> tuple[list[float], list[float]]:
    """Seconds of each block of `passes`, plain and vaccinated, in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for block in range(blocks + 1):
        for which in (0, 1) if block % 2 else (1, 0):
            function = (plain, other)[which]
            start = time.perf_counter()
            function(passes)
            if block:
                times[which].append(time.perf_counter() - start)
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--blocks", type=int, default=41, help="timed blocks of each kind")
    blocks = parser.parse_args().blocks
    print(f"Python {platform.python_version()}, {platform.machine()}, {blocks} blocks of each kind")
    print(f"{'per pass':14} {'plain':>10} {'added':>10}   middle half of the differences")
    one, two = functions(MICRO, "micro.py", False), functions(MICRO, "micro.py", True)
    for name in ("call", "loop", "nested_loop", "with_block", "try_finally", "body_of_ten"):
        plain, other = alternate(one[name], two[name], PASSES, blocks)
        added = [(b - a) / PASSES * 1e9 for a, b in zip(plain, other, strict=True)]
        low, middle, high = statistics.quantiles(added, n=4)
        base = statistics.median(plain) / PASSES * 1e9
        print(f"{name:14} {base:7.1f} ns {middle:7.1f} ns   {low:.1f} to {high:.1f} ns")
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        print("no torch here: the training is left out")
        return
    one, two = functions(TRAINING, "training.py", False), functions(TRAINING, "training.py", True)
    plain, other = alternate(one["train"], two["train"], 5, blocks)
    ratios = [b / a for a, b in zip(plain, other, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"MLP training, batch 32: {middle:.4f} times plain ({low:.4f} to {high:.4f})")


if __name__ == "__main__":
    main()
