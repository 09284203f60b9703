"""Whether a session stays as it is: thousands of recoveries in one, by edits, retries and skips in
turn.

A function crashes in each round of a loop.  An edit saves a text that passes this round only, a
retry mends the variable, a skip leaves the cell out.  Said are, of each way, the milliseconds from
the request to `daifu/recovered` and the ratio of its last tenth to its first; of the program and of
the adapter the memory that they have to themselves, and by how much it has grown from the first
tenth to the end and in the second half; and their threads and open files at the end, more than
after the first tenth.

    python benchmarks/soak.py [--recoveries 10000] [--quick] [--json] [--core N]
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from measure import Figure, Report, arguments, spread

from daifu_dap.client import Client

PROGRAM = """\
import sys

def helper(values):
    total = 0
    for value in values:
        total += value
    return total

def step(i):
    kept = [i]
    kept.append(i if i == {passes} else [][i])
    return helper(kept)

for i in range(int(sys.argv[1])):
    step(i)
print("end", flush=True)
"""

WAYS = ("edit", "retry", "skip")


def recovered(client: Client, path: Path, way: str, number: int) -> float:
    """Recover the crash of a round; return the milliseconds."""
    if way == "edit":
        path.write_text(PROGRAM.format(passes=number))
    elif way == "retry":
        client.evaluate(f"i = {number - 1}")
    start = time.perf_counter()
    if way == "edit":
        client.replace_cell_and_continue(path)
    else:
        client.resolve(way)
    client.wait_recovered()
    return (time.perf_counter() - start) * 1000


def used(pid: int) -> dict[str, float]:
    """What a process has to itself: KiB of memory, threads, open files."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    memory = (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGESIZE") / 1024
    threads = len(os.listdir(f"/proc/{pid}/task"))
    return {"memory": memory, "threads": threads, "files": len(os.listdir(f"/proc/{pid}/fd"))}


def soak(report: Report, folder: Path, recoveries: int) -> None:
    """Run the session and report."""
    path = folder / "program.py"
    path.write_text(PROGRAM.format(passes=-1))
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    tenth = recoveries // 10
    seen: list[dict[str, dict[str, float]]] = []
    with Client.launch(path, cwd=folder, args=[str(recoveries)], timeout=120) as client:
        assert client.process is not None
        pids = {"adapter": client.process.pid}
        for number in range(recoveries):
            client.wait_crash()
            if not pids.get("program"):
                pids["program"] = int(client.evaluate("__import__('os').getpid()"))
            if number % tenth == 0:
                seen.append({name: used(pid) for name, pid in pids.items()})
            way = WAYS[number % len(WAYS)]
            times[way].append(recovered(client, path, way, number))
        if client.wait_exit() != 0 or client.output() != "end\n":
            raise RuntimeError(f"The program went wrong:\n{client.output(None)}")
    for way, found in times.items():
        part = max(2, len(found) // 10)
        first, last = statistics.median(found[:part]), statistics.median(found[-part:])
        report.add(f"{way}: a recovery", spread(found), unit="ms")
        ratio = one(last / first, len(found))
        report.add(f"{way}: the last tenth over the first", ratio, unit="", limit=1.1)
    for name in pids:
        memory = [each[name]["memory"] for each in seen]
        report.add(f"{name}: memory at the end", one(memory[-1] / 1024, recoveries), unit="MiB")
        for said, since in (("", 1), (", second half", len(memory) // 2)):
            grown = (memory[-1] - memory[since]) / (tenth * (len(memory) - 1 - since))
            row = one(grown, recoveries)
            report.add(f"{name}: growth{said}", row, unit="KiB a recovery")
        for kind in ("threads", "files"):
            more = seen[-1][name][kind] - seen[1][name][kind]
            report.add(f"{name}: more {kind}", one(more, recoveries), unit="", limit=0)


def one(value: float, n: int) -> Figure:
    """A figure that there is one of."""
    return {"median": value, "low": value, "high": value, "least": value, "n": n}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--recoveries", type=int, default=10_000)
    args = parser.parse_args()
    report = Report("soak", args)
    recoveries = 60 if args.quick else args.recoveries
    with tempfile.TemporaryDirectory(prefix="daifu-soak-") as name:
        folder = Path(name).resolve()
        os.environ["DAIFU_STATE_DIR"] = name
        soak(report, folder, recoveries)
    report.show()


if __name__ == "__main__":
    sys.exit(main())
