"""What vaccination costs while nothing goes wrong: plain and vaccinated code side by side.

*Statements*: loops of some statements, plain and vaccinated, in short blocks that alternate in one
process; nanoseconds that are added to one pass. *Training*: a small MLP (batch of 32) and a small
CNN, each as two copies with the same seed, one vaccinated; they do one training step in turn, first
the one, then the other. Said is the median ratio of the pairs, with its 95 % interval.

    python benchmarks/overhead.py [--blocks 101] [--steps 3000] [--quick] [--json] [--core N]
"""

from __future__ import annotations

import linecache
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from measure import Report, arguments, interval, spread

import daifu_dap as daifu
from daifu_dap.vaccine import hook

MICRO = """
class Manager:
    def __enter__(self): return self
    def __exit__(self, *how): pass

def callee(x):
    return x

def numbers(n):
    for i in range(n):
        yield i

async def coroutine(x):
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

def body_of_ten(n):
    for i in range(n):
        a = i + 1; b = a * 2; c = b - a; d = c + b; e = d * 2
        f = e - d; g = f + a; h = g + b; k = h - c; m = k + d

def try_finally(n):
    for i in range(n):
        try:
            pass
        finally:
            done = i

def with_block(n):
    manager = Manager()
    for i in range(n):
        with manager:
            pass

def generator(n):
    for i in numbers(n):
        pass

async def awaiting(n):
    for i in range(n):
        await coroutine(i)

def await_(n):
    try:
        awaiting(n).send(None)
    except StopIteration:
        pass
"""

MODES = """
import torch

def no_grad(n):
    for i in range(n):
        with torch.no_grad():
            pass
"""

ROWS = {
    "call of a function": ("call", 5.0),
    "pass of a loop": ("loop", None),
    "pass of a loop of ten statements": ("body_of_ten", None),
    "inner loop of three": ("nested_loop", None),
    "try ... finally": ("try_finally", None),
    "with, a manager in Python": ("with_block", 250.0),
    "item of a generator": ("generator", None),
    "call and await of a coroutine": ("await_", None),
}

TRAINING = """
import torch

torch.set_num_threads(1)

class Mlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(
            [torch.nn.Linear(64, 128), torch.nn.Linear(128, 128), torch.nn.Linear(128, 10)]
        )

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)

class Cnn(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(1, 8, 3, padding=1)
        self.second = torch.nn.Conv2d(8, 16, 3, padding=1)
        self.last = torch.nn.Linear(16 * 4 * 4, 10)

    def forward(self, x):
        for layer in (self.first, self.second):
            x = torch.nn.functional.max_pool2d(torch.relu(layer(x)), 2)
        return self.last(x.flatten(1))

class Trainer:
    def __init__(self, kind, shape):
        torch.manual_seed(0)
        self.model = kind()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.criterion = torch.nn.CrossEntropyLoss()
        self.data = [(torch.randn(32, *shape), torch.randint(10, (32,))) for _ in range(4)]
        self.losses = []

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss

    def train(self):
        total = 0.0
        for x, y in self.data:
            loss = self.step(x, y)
            total += loss.item()
        self.losses.append(total / len(self.data))

def mlp():
    return Trainer(Mlp, (64,))

def cnn():
    return Trainer(Cnn, (1, 16, 16))
"""


def functions(text: str, name: str, how: str) -> dict[str, Any]:
    """The functions of a text, `how` being "plain", "hook" or "decorator"."""
    if how == "decorator":
        text = re.sub(r"^(?=(async )?def )", "@daifu.transform()\n", text, flags=re.MULTILINE)
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    space: dict[str, Any] = {"__name__": name, "daifu": daifu}
    if how == "hook":
        exec(hook.vaccinated(name, text.encode()), space)
        return space
    exec(compile(text, name, "exec"), space)
    return space


def alternate(
    plain: Callable[[], object],
    other: Callable[[], object],
    blocks: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[list[float], list[float]]:
    """Seconds of each block, plain and vaccinated, in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for block in range(blocks + 2):
        for which in (0, 1) if block % 2 else (1, 0):
            function = (plain, other)[which]
            start = clock()
            function()
            elapsed = clock() - start
            if block > 1:
                times[which].append(elapsed)
    return times


def statements(
    report: Report, text: str, rows: Any, blocks: int, passes: int, how: str = "hook"
) -> None:
    """Rows of nanoseconds added to a pass."""
    clock = report.clock
    one, two = functions(text, "micro.py", "plain"), functions(text, f"{how}.py", how)
    for name, (function, limit) in rows.items():

        def plain(run: Any = one[function]) -> None:
            run(passes)

        def other(run: Any = two[function]) -> None:
            run(passes)

        first, second = alternate(plain, other, blocks, clock)
        added = [(b - a) / passes * 1e9 for a, b in zip(first, second, strict=True)]
        figure = spread(added) | {"least": (min(second) - min(first)) / passes * 1e9}
        lower, upper = interval(added)
        report.add(
            name, figure, unit="ns", limit=limit, lower=lower, upper=upper,
            plain_ns=statistics.median(first) / passes * 1e9,
        )  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--blocks", type=int, default=101, help="blocks of statements of each kind")
    parser.add_argument("--steps", type=int, default=3000, help="passes of the MLP's training")
    args = parser.parse_args()
    blocks, passes, steps = (5, 200, 6) if args.quick else (args.blocks, 10_000, args.steps)
    report = Report("overhead", args)
    statements(report, MICRO, ROWS, blocks, passes)
    decorated = {"call of a decorated function": ("call", 5.0)}
    statements(report, MICRO, decorated, blocks, passes, "decorator")
    try:
        import torch
    except ModuleNotFoundError:
        report.note(torch=None)
        report.show()
        return
    report.note(torch=torch.__version__)
    modes = {"with torch.no_grad()": ("no_grad", None)}
    statements(report, MODES, modes, blocks, passes // 10)
    one, two = (functions(TRAINING, f"{how}_training.py", how) for how in ("plain", "hook"))
    for name, kind, count in (("MLP", "mlp", steps), ("CNN", "cnn", steps // 3)):
        plain, other = one[kind](), two[kind]()
        times = alternate(plain.train, other.train, count, report.clock)
        if plain.losses != other.losses:
            raise RuntimeError("The vaccinated training is not the plain one.")
        ratios = [b / a for a, b in zip(*times, strict=True)]
        lower, upper = interval(ratios)
        figure = spread(ratios) | {"least": min(times[1]) / min(times[0])}
        report.add(
            f"training of a small {name}, batch 32", figure, unit="times plain", limit=1.004,
            judged="upper", lower=lower, upper=upper,
            plain_ms=statistics.median(times[0]) * 1e3,
        )  # fmt: skip
    report.show()


if __name__ == "__main__":
    main()
