"""How long a recovery takes: from the request until the edited cell has run.

A program of a given number of lines crashes again and again in a loop. Each time the faulty line
is edited on disk and the cell replaced, through the same client and adapter that an editor would
use. A restart is measured beside it: the correct program in a new process, to the same place.

    python benchmarks/restore.py [--lines 300] [--rounds 20] [--limit MS] [--quick] [--json]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import Report, arguments, spread

from daifu_dap.client import Client

HEAD = '''\
"""A program that crashes once a round."""

'''

FILLER = """
def helper_{0}(values: list[int]) -> int:
    total = 0
    for value in values:
        if value % 2:
            total += value * {0}
        else:
            total -= value
    return total

"""

TAIL = """
def main() -> None:
    total = 0
    for step in range({rounds}):
        total += (step,)[step >= {limit}]
    print("total", total)


if __name__ == "__main__":
    main()
"""


def program(lines: int, rounds: int, limit: int) -> str:
    """Return a program of about ``lines`` lines that crashes in round ``limit``."""
    tail = TAIL.format(rounds=rounds, limit=limit)
    fixed = HEAD.count("\n") + tail.count("\n")
    helpers = max(0, round((lines - fixed) / FILLER.count("\n")))
    return HEAD + "".join(FILLER.format(number) for number in range(helpers)) + tail


def recoveries(path: Path, lines: int, rounds: int) -> list[tuple[float, float]]:
    """Run the program and recover it ``rounds`` times.

    Returns for each recovery the milliseconds from the request to ``daifu/recovered`` as the client
    saw them, and the part that the program itself measured. Raises ``RuntimeError`` when the
    recovered program printed something wrong.
    """
    path.write_text(program(lines, rounds, 0), encoding="utf-8")
    times = []
    with Client.launch(path, timeout=60) as client:
        for limit in range(1, rounds + 1):
            crash = client.wait_crash()
            path.write_text(program(lines, rounds, limit), encoding="utf-8")
            start = time.perf_counter()
            client.replace_cell_and_continue(crash.path)
            recovered = client.wait_recovered()
            elapsed = (time.perf_counter() - start) * 1000
            times.append((elapsed, float(recovered["restoreMs"])))
        code = client.wait_exit()
        if code != 0 or client.output() != f"total {sum(range(rounds))}\n":
            raise RuntimeError(f"The recovered program went wrong:\n{client.output(None)}")
    return times


def restart(path: Path, lines: int, rounds: int) -> float:
    """Return the milliseconds that the correct program takes in a process of its own."""
    path.write_text(program(lines, rounds, rounds), encoding="utf-8")
    start = time.perf_counter()
    subprocess.run([sys.executable, path], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main() -> int:
    """Measure, print, and return 1 when the median is over the limit asked for, otherwise 0."""
    parser = arguments(__doc__)
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--limit", type=float, metavar="MILLISECONDS")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.lines = 3, 60
    report = Report("restore", args)

    with tempfile.TemporaryDirectory(prefix="daifu-restore-") as folder:
        path = Path(folder).resolve() / "program.py"
        times = recoveries(path, args.lines, args.rounds)
        again = statistics.median(restart(path, args.lines, args.rounds) for _ in range(5))
        length = path.read_text(encoding="utf-8").count("\n")

    clients, programs = zip(*times, strict=True)
    name = f"recovery of {length} lines"
    report.add(f"{name}, as the client saw it", spread(clients), unit="ms", limit=args.limit)
    report.add(f"{name}, inside the program", spread(programs), unit="ms")
    report.note(restart_ms=again)
    report.write()
    if args.json:
        report.show()
        return int(args.limit is not None and statistics.median(clients) > args.limit)
    whole = [client for client, _ in times]
    inside = [program for _, program in times]
    median = statistics.median(whole)
    print(f"{length} lines, {args.rounds} recoveries, Python {sys.version.split()[0]}")
    print("request to recovered, as the client saw it:")
    print(f"  median {median:.1f} ms, least {min(whole):.1f} ms, most {max(whole):.1f} ms")
    print(f"of that inside the program: median {statistics.median(inside):.1f} ms")
    print(f"empty restart of the same program: {again:.1f} ms, {again / median:.1f} times as long")
    print("(a restart repeats the work that was done besides, and a real one imports a framework)")
    if args.limit is not None and median > args.limit:
        print(f"The median is over the limit of {args.limit:g} ms.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
