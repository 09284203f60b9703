"""Whether a process grows with the crashes that it is recovered from.

One program crashes again and again in a loop, and is recovered by the program's own handler: by a
retry of the crashed cell, or by an edit, which has another text each time. At some counts of
recoveries three things are measured, after a collection of garbage: the objects that the collector
knows, the bytes that `tracemalloc` sees (in a run of its own, for it slows everything), and the
resident memory. What is said is the growth since the first count, for each recovery. The journal
fills up to its 1,000 entries meanwhile, which is 1 or 2 KB an entry, and then grows no more.

    python benchmarks/growth.py [--retries 100 1000 10000] [--edits 100 1000] [--quick] [--json]
"""

from __future__ import annotations

import gc
import itertools
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

from measure import Report, arguments

import daifu_dap as daifu
from daifu_dap.vaccine import hook, project

PROGRAM = """
def part(number, places):
    values = [number] * 10
    found = values[places.pop()]
    return found

def main(count, reached):
    total = 0
    for number in range(count):
        total += part(number, [0, 99])
        reached(number + 1)
    return total
"""


class Grown:
    """Runs the program in this process, and notes what it holds at some counts."""

    def __init__(self, folder: Path, counts: list[int], edits: bool, traced: bool) -> None:
        self.counts = counts
        self.edits = edits
        self.traced = traced
        self.found: dict[int, dict[str, float]] = {}
        self.number = 0
        self.path = folder / "program.py"
        self.path.write_text(PROGRAM)

    def handler(self, crash: daifu.Crash) -> daifu.Resolution:
        self.number += 1
        if not self.edits:
            return daifu.Retry()
        return daifu.Replace(PROGRAM.replace("[0, 99]", f"[0, {99 + self.number}]"))

    def reached(self, count: int) -> None:
        if count not in self.counts:
            return
        gc.collect()
        found: dict[str, float] = {"objects": len(gc.get_objects())}
        if self.traced:
            found["traced"] = tracemalloc.get_traced_memory()[0]
        else:
            found["resident"] = resident()
        self.found[count] = found

    def run(self) -> None:
        project.add_root(str(self.path.parent))
        space: dict[str, Any] = {"__name__": "program"}
        exec(hook.vaccinated(str(self.path), self.path.read_bytes()), space)
        previous = daifu.set_crash_handler(self.handler)
        if self.traced:
            tracemalloc.start()
        try:
            space["main"](max(self.counts), self.reached)
        finally:
            tracemalloc.stop()
            daifu.set_crash_handler(previous)
        if self.number != max(self.counts):
            raise RuntimeError(f"{self.number} crashes were held, not {max(self.counts)}.")


def resident() -> float:
    """The bytes of memory that this process has; the most it had where that cannot be told."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        import resource

        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    import resource

    return float(pages * resource.getpagesize())


def main() -> int:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--retries", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--edits", type=int, nargs="+", default=[100, 1000])
    args = parser.parse_args()
    if args.quick:
        args.retries, args.edits = [10, 30], [5, 10]
    report = Report("growth", args)
    units = {"objects": "objects each", "traced": "bytes each", "resident": "bytes each"}
    for name, counts in (("retry", args.retries), ("edit", args.edits)):
        for traced in (False, True):
            with tempfile.TemporaryDirectory(prefix="daifu-growth-") as folder:
                grown = Grown(Path(folder).resolve(), counts, name == "edit", traced)
                grown.run()
            for what in units:
                if what == "objects" and traced:
                    continue
                for one, two in itertools.pairwise(counts):
                    if what not in grown.found[one]:
                        continue
                    before, after = grown.found[one][what], grown.found[two][what]
                    each = (after - before) / (two - one)
                    figure = {"median": each, "low": each, "high": each, "least": each, "n": 1}
                    report.add(f"{what}, {name} {one} to {two}", figure, unit=units[what],
                               before=before, after=after)  # fmt: skip
    report.show()
    return 0


if __name__ == "__main__":
    sys.exit(main())
