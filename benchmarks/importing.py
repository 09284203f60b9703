"""What importing costs: the runtime itself, and a project of many modules from its bytecode caches.

*The runtime*: a process that does nothing, and one that sets the import hook up first, in turn; the
difference of their times of running. *A project*: a package of modules with functions, classes,
loops and blocks is imported by processes that vaccinate it and by processes that do not, in turn,
both from caches; the time is that of the imports alone.

    python benchmarks/importing.py [--modules 300] [--rounds 25] [--quick] [--json]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Report, arguments, compared, spread

MODULE = '''\
"""Module {0} of the project."""

from __future__ import annotations

import os
from collections import namedtuple

from {package} import base

LIMIT = {0}
NAMES = ("alpha", "beta", "gamma", "delta")
Point = namedtuple("Point", "x y")


class Store(base.Store):
    """Keeps values."""

    size = LIMIT * 2

    def __init__(self, name: str, values: list[int] | None = None) -> None:
        super().__init__(name)
        self.values = values or []
        self.total = 0

    def add(self, value: int) -> None:
        if value < 0:
            raise ValueError(f"{{value}} is negative")
        self.values.append(value)
        self.total += value

    def best(self, key=lambda each: -each) -> list[int]:
        return sorted(self.values, key=key)[: self.size]

    @property
    def mean(self) -> float:
        return self.total / len(self.values) if self.values else 0.0


class Reader:
    def __init__(self, path: str) -> None:
        self.path = os.path.join(os.sep, path)

    def lines(self):
        with open(self.path) as stream:
            for line in stream:
                if line.strip():
                    yield line.rstrip()

    def read(self) -> dict[str, str]:
        found = {{}}
        try:
            for line in self.lines():
                name, _, value = line.partition("=")
                found[name] = value
        except FileNotFoundError:
            return {{}}
        finally:
            found.setdefault("path", self.path)
        return found


def scaled(values: list[float], factor: float = 1.0) -> list[float]:
    """Scale values."""
    result = []
    for value in values:
        result.append(value * factor)
    return result


def nearest(points: list[Point], x: float, y: float) -> Point | None:
    best, found = float("inf"), None
    for point in points:
        distance = (point.x - x) ** 2 + (point.y - y) ** 2
        if distance < best:
            best, found = distance, point
    return found


def counted(words: list[str]) -> dict[str, int]:
    counts = {{}}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return {{word: count for word, count in counts.items() if count > 1}}


def described(store: Store) -> str:
    parts = [f"{{name}}: {{value}}" for name, value in zip(NAMES, store.values)]
    return ", ".join(parts) or "nothing"


def gathered(stores: list[Store]) -> Store:
    whole = Store("whole")
    for store in stores:
        for value in store.values:
            try:
                whole.add(value)
            except ValueError:
                continue
    return whole


TABLE = {{name: index * LIMIT for index, name in enumerate(NAMES)}}
for _name in NAMES:
    TABLE[_name.upper()] = len(_name)
'''

BASE = "class Store:\n    def __init__(self, name):\n        self.name = name\n"

RUNTIME = """
from daifu_dap.vaccine import hook
from daifu_dap.recovery import runtime, versions
hook.start()
runtime.install()
"""
PROJECT = """
import sys, time, os, collections
sys.path.insert(0, {folder!r})
{start}
names = ["{package}.module%d" % n for n in range({modules})]
import {package}.base
start = time.{clock}()
for name in names: __import__(name)
print((time.{clock}() - start) * 1000)
"""


def child(code: str, folder: str, mode: str) -> list[str]:
    """What a new process that runs `code` in `folder` prints."""
    root = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "DAIFU_VACCINATE": mode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=folder, env=environment, check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout.split()


TIMED = "import time; s = time.{1}()\n{0}\nprint((time.{1}() - s) * 1000)"


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--modules", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=25, help="processes of each kind")
    args = parser.parse_args()
    rounds, modules = (3, 20) if args.quick else (args.rounds, args.modules)
    report = Report("importing", args)
    clock = report.clock.__name__
    with tempfile.TemporaryDirectory(prefix="daifu-importing-") as folder:
        package = Path(folder, "project")
        package.mkdir()
        Path(package, "__init__.py").write_text("")
        Path(package, "base.py").write_text(BASE)
        for number in range(modules):
            text = MODULE.format(number, package="project")
            Path(package, f"module{number}.py").write_text(text)
        past = 1_600_000_000  # no cache has to doubt a file this old
        for path in package.glob("*.py"):
            os.utime(path, (past, past))
        shape = {"folder": folder, "package": "project", "modules": modules, "clock": clock}
        plain = PROJECT.format(start="", **shape)
        ours = PROJECT.format(start=RUNTIME, **shape)
        times: tuple[list[float], list[float]] = ([], [])
        own: tuple[list[float], list[float]] = ([], [])
        for turn in range(rounds + 1):
            for which in (0, 1) if turn % 2 else (1, 0):
                (time,) = child((plain, ours)[which], folder, "project" if which else "none")
                (start,) = child(TIMED.format(("pass", RUNTIME)[which], clock), folder, "project")
                if turn:  # the first ones fill the caches
                    times[which].append(float(time))
                    own[which].append(float(start))
    report.add("import of the runtime", spread(own[1]), unit="ms", limit=30, judged="median")
    report.add(
        f"import of {modules} modules from caches",
        compared(*times),
        unit="times plain",
        limit=1.1,
        judged="median",
        plain_ms=min(times[0]),
    )
    report.show()


if __name__ == "__main__":
    main()
