"""How the cost of a recovery grows: with what the program is like, and with how often.

One thing is varied at a time; the rest is small. A crash handler in the process answers at once, so
what is timed is the recovery itself, from the `raise` until the statement is tried again.

* *lines* of the function that crashes: a retry, and an edit of one line;
* *modules* of the project: starting it, vaccinated for the first time, and from the cache, over
  plain;
* *depth* of vaccinated frames below which it crashes;
* *recoveries* that the same call has behind it;
* *threads* that crash at the same time in one function: until all have gone on;
* *ranks* of a gloo group, one of which crashes while the others wait in `all_reduce`: the group
  goes on, and the milliseconds are those from the crash until that rank has the sum.

    python benchmarks/scale.py [--only NAME ...] [--quick] [--json] [--core N]
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import recovering
from measure import Report, arguments, compared, spread

import daifu_dap as daifu
from daifu_dap.vaccine import hook, project

ROOT = Path(__file__).resolve().parents[1]

CACHES = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
"""Lets bytecode be written, whatever the environment says of it."""

DEPTH = """
def down(left, flaky):
    if left:
        found = down(left - 1, flaky)
        return found + 1
    return flaky(0)
"""

OFTEN = """
def often(count, flaky):
    total = 0
    for number in range(count):
        total += flaky(number)
    return total
"""

MODULE = '''
import math

LIMIT = {0}


class Layer{0}:
    """A part of the project."""

    def __init__(self, width):
        self.width = width
        self.values = [math.sqrt(each) for each in range(width)]

    def forward(self, x):
        total = 0.0
        for value in self.values:
            if value > x:
                total += value * x
            else:
                total -= value
        return total


def made(width=LIMIT % 7 + 1):
    layer = Layer{0}(width)
    with open(__file__) as file:
        first = file.readline()
    return layer.forward(2.0), first
'''

RANKS = """
import os, sys, time
import torch
import torch.distributed as dist
import daifu_dap as daifu

times = []

@daifu.transform()
def work(rank, rounds):
    total = torch.zeros(())
    for number in range(rounds):
        mine = torch.tensor(float(number))
        if rank == 0:
            start = time.perf_counter()
            mine = mine + flaky(number)
        dist.all_reduce(mine)
        total += mine
        if rank == 0:
            times.append((time.perf_counter() - start) * 1000)
    return total.item()

failed = set()

def flaky(number):
    if number and number not in failed:
        failed.add(number)
        raise ValueError(number)
    return 1.0

if __name__ == "__main__":
    rank, world, rounds = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    daifu.set_crash_handler(lambda crash: daifu.Retry())
    store = dist.FileStore(sys.argv[4], world)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=world)
    total = work(rank, rounds)
    dist.destroy_process_group()
    print(total, *times)
"""


def load(folder: Path, name: str, text: str) -> dict[str, Any]:
    """The vaccinated functions of a text."""
    path = folder / f"{name}.py"
    path.write_text(text)
    space: dict[str, Any] = {"__name__": name}
    exec(hook.vaccinated(str(path), text.encode()), space)
    return space


def retried(run: Callable[[], object]) -> None:
    """Run with a handler that retries."""
    daifu.set_crash_handler(lambda crash: daifu.Retry())
    try:
        run()
    finally:
        daifu.set_crash_handler(None)


def lines(report: Report, folder: Path, quick: bool) -> None:
    """Rows by the length of the function."""
    numbers = itertools.count()
    for size in (25, 100) if quick else (25, 100, 1000, 10_000):
        text = recovering.program(size)
        for kind, answers in (("retry", recovering.retrying), ("edit", recovering.editing)):
            path = folder / f"lines{next(numbers)}.py"
            path.write_text(text)
            edits = (text.replace("+ 0\n", f"+ 0 * {n}\n") for n in itertools.count(1))
            times = recovering.crashes(path, 6 if quick else 12, answers(edits), report.clock)
            more = {"what": f"{kind}, lines of the function", "size": size}
            report.add(f"{size:6} lines, {kind}", spread(times[1:]), unit="ms", **more)


def modules(report: Report, folder: Path, quick: bool) -> None:
    """Rows by the number of modules of the project; by the wall clock."""
    for size in (10,) if quick else (10, 100, 1000):
        place = folder / f"project{size}"
        place.mkdir()
        for number in range(size):
            (place / f"part{number}.py").write_text(MODULE.format(number))
        names = ", ".join(f"part{number}" for number in range(size))
        (place / "main.py").write_text(f"import {names}\nprint(part0.made())\n")

        def started(*command: str, cold: bool = False, place: Path = place) -> float:
            if cold:
                for cache in place.rglob("*daifu*.pyc"):
                    cache.unlink()
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, *command, "main.py"],
                cwd=place, env=os.environ | CACHES, check=True,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip
            return time.perf_counter() - start

        started()
        started("-m", "daifu_dap")
        times: dict[str, list[float]] = {"plain": [], "first": [], "cached": []}
        for _ in range(2 if quick else 7):
            times["plain"].append(started())
            times["first"].append(started("-m", "daifu_dap", cold=True))
            times["cached"].append(started("-m", "daifu_dap"))
        report.add(
            f"{size:6} modules, start, plain", spread([each * 1000 for each in times["plain"]]),
            unit="ms", what="start, plain, modules", size=size,
        )  # fmt: skip
        for name in ("first", "cached"):
            report.add(
                f"{size:6} modules, start, {name}", compared(times["plain"], times[name]),
                unit="times plain", what=f"start, {name}, modules", size=size,
            )  # fmt: skip


def depth(report: Report, folder: Path, quick: bool) -> None:
    """Rows by the depth of the crash."""
    space = load(folder, "depth", DEPTH)
    for size in (1, 50) if quick else (1, 10, 100, 500):
        flaky = recovering.Flaky(report.clock)
        for _ in range(6 if quick else 20):
            retried(lambda size=size, flaky=flaky: space["down"](size, flaky))
        more = {"what": "retry, depth of the crash", "size": size}
        report.add(f"{size:6} frames deep, retry", spread(flaky.times[1:]), unit="ms", **more)


def recoveries(report: Report, folder: Path, quick: bool) -> None:
    """Rows by how many recoveries the call has behind it."""
    space = load(folder, "often", OFTEN)
    sizes = (10, 100) if quick else (10, 100, 1000, 10_000)
    flaky = recovering.Flaky(report.clock)
    retried(lambda: space["often"](sizes[-1], flaky))
    for size in sizes:
        more = {"what": "retry, recoveries before", "size": size}
        last = flaky.times[size - max(5, size // 10) : size]
        report.add(f"{size:6}th recovery, retry", spread(last), unit="ms", **more)


def threads(report: Report, folder: Path, quick: bool) -> None:
    """Rows by the number of threads that crash together."""
    space = load(folder, "threads", OFTEN)
    for size in (1, 2) if quick else (1, 2, 4, 8):
        times: list[float] = []
        for _ in range(6 if quick else 20):
            together = threading.Barrier(size)

            class Once:
                def __init__(self, together: threading.Barrier = together) -> None:
                    self.together, self.failed = together, False

                def __call__(self, number: int) -> int:
                    if not self.failed:
                        self.failed = True
                        self.together.wait()
                        raise ValueError(number)
                    return number

            work = [threading.Thread(target=space["often"], args=(3, Once())) for _ in range(size)]

            def run(work: list[threading.Thread] = work) -> None:
                for each in work:
                    each.start()
                for each in work:
                    each.join()

            start = report.clock()
            retried(run)
            times.append((report.clock() - start) * 1000)
        more = {"what": "retry, threads at once", "size": size}
        report.add(f"{size:6} threads at once, retry", spread(times[1:]), unit="ms", **more)


def ranks(report: Report, folder: Path, quick: bool) -> None:
    """Rows by the number of ranks of a group."""
    path = folder / "ranks.py"
    path.write_text(RANKS)
    rounds = 4 if quick else 30
    for size in (1, 2) if quick else (1, 2, 4, 8):
        store = str(folder / f"store{size}")
        group = [
            subprocess.Popen(
                [sys.executable, path, str(rank), str(size), str(rounds), store],
                env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
            )
            for rank in range(size)
        ]  # fmt: skip
        said = [each.communicate(timeout=600)[0].split() for each in group]
        expected = sum(number * size + 1.0 for number in range(rounds))
        if any(each.returncode for each in group) or any(float(t[0]) != expected for t in said):
            raise RuntimeError(f"A group of {size} went wrong: {said}")
        times = [float(each) for each in said[0][2:]]
        more = {"what": "retry, ranks of a gloo group", "size": size}
        report.add(f"{size:6} ranks, retry in one", spread(times), unit="ms", **more)


PARTS = {
    "lines": lines, "modules": modules, "depth": depth, "recoveries": recoveries,
    "threads": threads, "ranks": ranks,
}  # fmt: skip


def main() -> int:
    """Measure and print; return 1 when a part has failed."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    args = parser.parse_args()
    report = Report("scale", args)
    with tempfile.TemporaryDirectory(prefix="daifu-scale-") as temporary:
        folder = Path(temporary).resolve()
        project.configure([str(folder)])
        return report.run(partial(PARTS[name], report, folder, args.quick) for name in args.only)


if __name__ == "__main__":
    sys.exit(main())
