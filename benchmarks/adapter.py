"""What being under the debugger costs: ours and debugpy's side by side.

The same program is started plain, under debugpy's adapter and under ours, with nothing set in
either. Which comes first changes from round to round. Said are

- *run time*: the loops and trainings of `training/loads.py`, as a ratio to plain; in the
  processor time of the thread, so that other jobs count little, and of several processes;
  with ours also with a breakpoint that is never hit, and after it was removed, and after a crash
  was recovered;
- *requests* at a stop: milliseconds that ours adds to the median of debugpy's, one at a time and in
  a flood of 50 that are sent before an answer is read;
- *start*: from starting the adapter to the program's first line, as a ratio to debugpy's;
- *paging*: milliseconds a page of 1,000 of a list of strings, 64 MiB in all.

    python benchmarks/adapter.py [--rounds 5] [--quick] [--json] [--core N]
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from measure import Report, arguments, compared, interval, spread

from daifu_dap.client import Client

LOADS = Path(__file__).resolve().parent / "training" / "loads.py"
WORK = """\
import json, socket, sys, time
import loads

def elsewhere():
    y = 1  # never run
    return y

work = dict(loads.LOOPS)
for kind in loads.trainings():
    training = loads.made(kind)
    work[kind] = lambda n, training=training: training.run(n // 1000)

def fail(said):
    if "crash" in said:
        said = said.replace("crash", 1)

def serve():
    for line in iter(talk.readline, ""):
        times = {}
        if line.startswith("crash"):
            fail(line)
        for name, run in work.items():
            start = time.thread_time()
            run(int(line.split()[-1]))
            times[name] = time.thread_time() - start
        print(json.dumps(times), file=talk, flush=True)

talk = socket.create_connection(("127.0.0.1", int(sys.argv[1]))).makefile("rw")
serve()
"""

BIG = """\
def hold():
    data = ["x" * 4096 + str(i) for i in range(16384)]
    small = 1
    return data  # stop

hold()
"""

DEBUGPY = (sys.executable, "-m", "debugpy.adapter")
FLOOD = 50
STARTS = 3
"""How often the programs of which the run time is taken are started anew."""
SIDES = ("debugpy", "ours")


def launch(side: str, folder: str, name: str, **more: Any) -> Client:
    adapter = DEBUGPY if side == "debugpy" else None
    path = os.path.join(folder, name)
    return Client.launch(path, cwd=folder, adapter=adapter, timeout=120, **more)


def line_of(text: str, marker: str) -> int:
    return 1 + next(n for n, each in enumerate(text.split("\n")) if marker in each)


# -- run time ---------------------------------------------------------------------------------


@contextlib.contextmanager
def working(side: str, folder: str) -> Iterator[tuple[Any, Callable[[str], dict[str, float]]]]:
    """A program that works when told to, the client that it has, and what tells it to."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(120)
        args = [str(door.getsockname()[1])]
        client = process = None
        if side == "plain":
            path = os.path.join(folder, "work.py")
            process = subprocess.Popen([sys.executable, path, *args])
        else:
            client = launch(side, folder, "work.py", args=args)
        connection, _ = door.accept()
        with connection, connection.makefile("rw") as talk:

            def tell(line: str) -> dict[str, float]:
                print(line, file=talk, flush=True)
                found: dict[str, float] = json.loads(talk.readline())
                return found

            yield client, tell
        if process is not None:
            process.wait(60)
        if client is not None:
            client.close()


Tell = Callable[[str], dict[str, float]]
Pair = tuple[dict[str, float], dict[str, float]]
"""What each work took plain, and right before or after on another side."""


def run_time(report: Report, folder: str, rounds: int, size: int) -> None:
    path = os.path.join(folder, "work.py")
    Path(path).write_text(WORK)
    Path(folder, "loads.py").write_text(LOADS.read_text())
    never = line_of(WORK, "never run")
    times: dict[tuple[str, str], list[Pair]] = {}
    # Where a process has its memory makes a difference of some percent, for as long as it lives.
    for _ in range(STARTS):
        with contextlib.ExitStack() as stack:
            sides = {side: stack.enter_context(working(side, folder)) for side in ("plain", *SIDES)}
            tells = {side: tell for side, (_, tell) in sides.items()}
            client: Client = sides["ours"][0]
            phase = partial(_phase, times, tells, rounds, str(size))
            for tell in tells.values():
                tell(str(size))
            phase("nothing set", SIDES)
            client.set_breakpoints(path, [never])
            phase("a breakpoint elsewhere", ("ours",))
            client.set_breakpoints(path, [])
            phase("and removed", ("ours",))
            seq = _crash(tells["ours"], client, size)
            assert seq
            phase("after a recovery", ("ours",))
    for (name, side), pairs in times.items():
        for work in pairs[0][0]:
            one, two = ([pair[which][work] for pair in pairs] for which in (0, 1))
            limit = 1.05 if side == "ours" and "breakpoint" not in name else None
            lower, upper = interval([b / a for a, b in zip(one, two, strict=True)])
            report.add(
                f"{work}, {name}, {side}", compared(one, two), unit="times plain",
                limit=limit, lower=lower, upper=upper, work=work, phase=name, way=side,
            )  # fmt: skip


def _phase(
    times: dict[tuple[str, str], list[Pair]],
    tells: dict[str, Tell],
    rounds: int,
    size: str,
    name: str,
    compare: tuple[str, ...],
) -> None:
    """Have all sides work in turn, and note the times."""
    order = ["plain", *compare]
    for number in range(rounds):
        turn = number % len(order)
        found = {side: tells[side](size) for side in order[turn:] + order[:turn]}
        for side in compare:
            times.setdefault((name, side), []).append((found["plain"], found[side]))


def _crash(tell: Callable[[str], dict[str, float]], client: Client, size: int) -> bool:
    """Have the program crash, and skip the cell."""
    import threading

    thread = threading.Thread(target=tell, args=(f"crash {size}",))
    thread.start()
    client.wait_crash()
    client.resolve("skip")
    client.wait_recovered()
    thread.join(60)
    return not thread.is_alive()


# -- requests ---------------------------------------------------------------------------------


def requests(report: Report, folder: str, rounds: int) -> None:
    Path(folder, "big.py").write_text(BIG)
    stops: dict[str, tuple[Client, int, int]] = {}
    with contextlib.ExitStack() as stack:
        for side in SIDES:
            client = launch(
                side, folder, "big.py",
                breakpoints={os.path.join(folder, "big.py"): [line_of(BIG, "# stop")]},
            )  # fmt: skip
            stack.callback(client.close)
            thread = client.wait_stopped().thread_id or 0
            stops[side] = client, thread, client.stack(thread)[0].id
        asked: dict[str, Callable[[Client, int, int], dict[str, Any]]] = {
            "threads": lambda c, t, f: {},
            "stackTrace": lambda c, t, f: {"threadId": t},
            "evaluate": lambda c, t, f: {"expression": "small", "frameId": f, "context": "repl"},
        }
        for command, make in asked.items():
            times: dict[str, list[float]] = {side: [] for side in SIDES}
            floods: dict[str, list[float]] = {side: [] for side in SIDES}
            for number in range(rounds * 10):
                for side in SIDES if number % 2 else SIDES[::-1]:
                    client, thread, frame = stops[side]
                    given = make(client, thread, frame)
                    start = time.perf_counter()
                    client.request(command, **given)
                    times[side].append((time.perf_counter() - start) * 1000)
            for number in range(rounds):
                for side in SIDES if number % 2 else SIDES[::-1]:
                    client, thread, frame = stops[side]
                    given = make(client, thread, frame)
                    start = time.perf_counter()
                    sent = [client.wire.send(command, given) for _ in range(FLOOD)]
                    for seq in sent:
                        client.wire.result(seq, command, 60)
                    floods[side].append((time.perf_counter() - start) * 1000 / FLOOD)
            for name, found in ((command, times), (f"{command}, in a flood", floods)):
                base = statistics.median(found["debugpy"])
                added = spread([each - base for each in found["ours"]])
                report.add(f"{name}: added", added, unit="ms", limit=1.0, theirs=base)
        for side in SIDES:
            report.add(f"paging 64 MiB, {side}", spread(_paged(*stops[side])), unit="ms")


def _paged(client: Client, thread: int, frame: int) -> list[float]:
    found = client.locals(frame)["data"]
    times = []
    for first in range(0, 16384, 1000):
        start = time.perf_counter()
        asked = {"start": first, "count": 1000}
        client.request("variables", variablesReference=found.reference, **asked)
        times.append((time.perf_counter() - start) * 1000)
    return times


# -- start ------------------------------------------------------------------------------------


def start(report: Report, folder: str, rounds: int) -> None:
    Path(folder, "first.py").write_text("print('first line', flush=True)\n")
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    for number in range(rounds):
        for side in SIDES if number % 2 else SIDES[::-1]:
            began = time.perf_counter()
            with launch(side, folder, "first.py") as client:
                client.wait_output("first line")
                times[side].append(time.perf_counter() - began)
                client.wait_exit()
    found = compared(times["debugpy"], times["ours"])
    report.add("start to the first line", found, unit="times debugpy's", limit=1.2)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", help="run_time, requests or start")
    args = parser.parse_args()
    report = Report("adapter", args)
    rounds = 2 if args.quick else args.rounds
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DAIFU_STATE_DIR"] = folder
        parts: dict[str, Callable[[], None]] = {
            "run_time": lambda: run_time(
                report, folder, rounds // 2, 20_000 if args.quick else 200_000
            ),
            "requests": lambda: requests(report, folder, rounds),
            "start": lambda: start(report, folder, rounds),
        }
        return report.run(part for name, part in parts.items() if args.only in (None, name))


if __name__ == "__main__":
    sys.exit(main())
