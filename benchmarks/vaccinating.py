"""What vaccinating a file costs beside compiling it, over modules of the standard library.

Both start from the bytes of a file and end with its code object. All files are compiled, all are
vaccinated, in turn; of each round the ratio of the two sums is taken. The time is that of the
processor, so that other programs matter less.

    python benchmarks/vaccinating.py [--rounds 15] [--files 80] [--quick] [--json] [--core N]
"""

from __future__ import annotations

import sysconfig
import time
import warnings
from pathlib import Path

from measure import Report, arguments, compared

from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--files", type=int, default=80, help="modules of the standard library")
    args = parser.parse_args()
    rounds, count = (3, 3) if args.quick else (args.rounds, args.files)
    report = Report("vaccinating", args)
    warnings.simplefilter("ignore")
    library = Path(sysconfig.get_path("stdlib"))
    paths = sorted(
        [*library.glob("*.py"), *library.glob("asyncio/*.py"), *library.glob("json/*.py")]
    )
    paths = paths[:: max(1, len(paths) // count)][:count]
    sources = [(str(path), path.read_bytes()) for path in paths]

    def plain() -> None:
        for path, source in sources:
            compile(source, path, "exec", dont_inherit=True)

    def vaccinate() -> None:
        for path, source in sources:
            compiler.module(Text(path, source))

    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for which in (0, 1) if turn % 2 else (1, 0):
            start = time.process_time()
            (plain, vaccinate)[which]()
            if turn:
                times[which].append(time.process_time() - start)
    lines = sum(source.count(b"\n") for _, source in sources)
    report.add(
        f"vaccinating {len(sources)} files, {lines} lines",
        compared(*times),
        unit="times compiling",
        limit=3.5,
        plain_ms=min(times[0]) * 1000,
    )
    report.show()


if __name__ == "__main__":
    main()
