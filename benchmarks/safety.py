"""What being safe costs while nothing goes wrong: several ways beside the plain program.

`training/loads.py` is run in one process as several copies, which do the same work in turn, in
short blocks: plain; vaccinated; with its functions and classes wrapped by `hot_restart`; with its
loops under the original artifact, where `--artifact` names a checkout (`original.py`); and, where
it trains, plain with a checkpoint after each block (an epoch), and plain under CheckFreq, which
chooses how often. Said is the ratio to the plain block beside it, the median with its 95 % interval
and in the JSON (`whole`) the ratio of all blocks together, for what does not come in each. All
copies of a training must have the same weights in the end. What a debugger adds, `adapter.py` says.

    python benchmarks/safety.py [--blocks 41] [--epoch 100] [--quick] [--json] [--core N]
"""

from __future__ import annotations

import importlib.util
import logging
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import original
from measure import Report, arguments, compared, interval

from daifu_dap.vaccine import hook

TRAINING = Path(__file__).resolve().parent / "training"
LOADS = TRAINING / "loads.py"

ENTRIES = (
    *(f"def {name}(n):" for name in ("calls", "nested", "twenty", "block", "generator")),
    "        def run(self, n):\n            total = 0.0",
)
"""What the original tool takes: functions with a loop. Of two methods of one name it takes one."""


def copy(folder: Path, name: str) -> ModuleType:
    """The program as a module of its own, made as the variant `name` asks for."""
    path = folder / f"{name}_loads.py"
    text = LOADS.read_text()
    path.write_text(original.decorated(text, *ENTRIES) if name == "artifact" else text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    if name == "vaccinated":
        exec(hook.vaccinated(str(path), path.read_bytes()), module.__dict__)
        return module
    spec.loader.exec_module(module)
    if name == "hot_restart":
        import hot_restart

        logging.getLogger("hot-restart").setLevel(logging.CRITICAL)
        hot_restart.wrap_module(module)
        module.LOOPS = {key: getattr(module, each.__name__) for key, each in module.LOOPS.items()}
    return module


def blocks(
    runs: dict[str, Callable[[], object]], count: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Seconds of each block of each variant; who is first changes from round to round."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    for number in range(-2, count):
        for name in order[number % len(order) :] + order[: number % len(order)]:
            start = clock()
            runs[name]()
            elapsed = clock() - start
            if number >= 0:
                times[name].append(elapsed)
    return times


def rows(report: Report, work: str, times: dict[str, list[float]]) -> None:
    """A row for each variant beside the plain one."""
    plain = times["plain"]
    for name, found in times.items():
        if name == "plain":
            continue
        ratios = [b / a for a, b in zip(plain, found, strict=True)]
        lower, upper = interval(ratios)
        report.add(
            f"{work}, {name}", compared(plain, found), unit="times plain", lower=lower, upper=upper,
            work=work, way=name, whole=sum(found) / sum(plain),
            plain_ms=statistics.median(plain) * 1e3,
        )  # fmt: skip


class PerEpoch:
    """A checkpoint when a block has ended, written as CheckFreq writes its own."""

    def __init__(self, training: Any, path: Path, save: Callable[[Any, Path], None]) -> None:
        self.training, self.path, self.save = training, path, save

    def run(self, steps: int) -> None:
        self.training.run(steps)
        self.save(self.training.state(), self.path)


def train(report: Report, modules: dict[str, ModuleType], folder: Path, args: Any) -> None:
    """The rows of the trainings."""
    sys.path.insert(0, str(TRAINING))
    import checkfreq

    plain = modules["plain"]
    for kind in plain.trainings():
        made = {name: module.made(kind) for name, module in modules.items()}
        made["checkpoint per epoch"] = plain.made(kind)
        made["CheckFreq"] = plain.made(kind)
        made["CheckFreq"].safe = checkfreq.CheckFreq(folder / f"{kind}.pt")
        epochs = PerEpoch(made["checkpoint per epoch"], folder / f"{kind}-epoch.pt", checkfreq.save)
        runs: dict[str, Callable[[], object]] = {
            name: lambda training=training: training.run(args.epoch)
            for name, training in made.items()
        }
        runs["checkpoint per epoch"] = lambda epochs=epochs: epochs.run(args.epoch)
        rows(report, kind, blocks(runs, args.blocks, report.clock))
        made["CheckFreq"].safe.close()
        report.note(**{f"CheckFreq's interval, {kind}": made["CheckFreq"].safe.interval})
        sums = {name: float(_sum(training.model)) for name, training in made.items()}
        if len(set(sums.values())) != 1:
            raise RuntimeError(f"The trainings of {kind} are not the same: {sums}")


def _sum(model: Any) -> Any:
    return sum(each.double().sum() for each in model.state_dict().values())


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--blocks", type=int, default=41)
    parser.add_argument("--epoch", type=int, default=100, help="steps of a training in a block")
    parser.add_argument("--passes", type=int, default=20_000, help="of a loop in a block")
    original.argument(parser)
    args = parser.parse_args()
    if args.quick:
        args.blocks, args.epoch, args.passes = 3, 25, 500
    report = Report("safety", args)
    names = ["plain", "vaccinated"]
    if importlib.util.find_spec("hot_restart"):
        names.append("hot_restart")
    else:
        report.note(hot_restart="not installed")
    if why := original.unavailable(args.artifact):
        report.note(artifact=why)
    else:
        names.append("artifact")
        sys.path.insert(0, str(args.artifact.resolve()))
    with tempfile.TemporaryDirectory(prefix="daifu-safety-") as temporary:
        folder = Path(temporary).resolve()
        if "artifact" in names:
            os.chdir(folder)  # it lays files into the working folder
        modules = {name: copy(folder, name) for name in names}
        for work in modules["plain"].LOOPS:
            runs: dict[str, Callable[[], object]] = {
                name: lambda run=module.LOOPS[work]: run(args.passes)
                for name, module in modules.items()
            }
            rows(report, work, blocks(runs, args.blocks, report.clock))
        if modules["plain"].trainings():
            train(report, modules, folder, args)
    report.show()


if __name__ == "__main__":
    main()
