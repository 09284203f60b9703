"""Runs every benchmark, on each Python that is here, and writes what they found into the page.

What matters most comes first. What needs no torch runs on Python 3.12 and 3.13, too, in an
environment of its own. A part that fails or hangs is said again at the end, and the others go on.
The objects are left in `build/bench` (NAME.json, NAME-3.12.json); then comes `publish.py`. A quick
run leaves its own in `build/bench-quick`, and the page as it is.

`lost-long` runs only when it is named: its training loses a minute.

    python benchmarks/run.py [NAME ...] [--quick] [--here] [--artifact FOLDER]
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import original

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
OTHERS = ("3.12", "3.13")
LONG = ("DaiFu", "epoch", "checkfreq", "restart", "hot_restart")


@dataclass(frozen=True)
class Part:
    """A benchmark: the name of its results, whether it runs on the other Pythons, too, whether it
    has the original artifact to compare with, and whether it runs only when it is named."""

    name: str
    others: bool = False
    artifact: bool = False
    named: bool = False
    program: str = ""
    arguments: tuple[str, ...] = ()
    patience: float = 1500.0


PARTS = (
    Part("cases"),
    Part("overhead", others=True),
    Part("safety", others=True, artifact=True),
    Part("lost", artifact=True),
    Part(
        "lost-long",
        named=True,
        program="lost",
        arguments=("--steps", "160000", "--rounds", "2", "--ways", *LONG),
        patience=5400.0,
    ),
    Part("adapter", others=True, arguments=("--rounds", "7")),
    Part("scale"),
    Part("recovering", others=True),
    Part("vaccinating", others=True),
    Part("importing", others=True),
    Part("planning"),
    Part("restore"),
    Part("keystroke"),
    Part("growth"),
    Part("soak"),
)


def interpreter(version: str) -> str | None:
    """The Python of an environment for another version, None where there is none."""
    found = subprocess.run([".ci/python", version], cwd=ROOT, stdout=subprocess.DEVNULL)
    if found.returncode:
        return None
    folder = f".venv-{version}-bench"
    made = subprocess.run([".ci/venv", folder, "bench", version], cwd=ROOT)
    return None if made.returncode else str(ROOT / folder / "bin" / "python")


def ran(command: list[str], patience: float) -> str | None:
    """Run a part; return what went wrong, None if nothing did."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return f"it took more than {patience:.0f} s"
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return f"it ended with {code}" if code else None


def main() -> int:
    """Run them; return 1 when one has failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [part.name for part in PARTS]
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--quick", action="store_true", help="only to see that they run")
    parser.add_argument("--here", action="store_true", help="on this Python only")
    original.argument(parser)
    args = parser.parse_args()
    if unknown := set(args.names) - set(names):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    pythons: dict[str, str] = {"": sys.executable}
    for version in () if args.here else OTHERS:
        python = interpreter(version)
        if python is None:
            print(f"Python {version}: not on this machine, left out", flush=True)
        else:
            pythons[f"-{version}"] = python
    for python in pythons.values():  # as an installer does; debugpy is installed so
        subprocess.run([python, "-m", "compileall", "-q", "daifu_dap"], cwd=ROOT)
    folder = BUILD / ("bench-quick" if args.quick else "bench")
    failed, begun = [], time.monotonic()
    for part in PARTS:
        if part.name not in args.names if args.names else part.named:
            continue
        for suffix, python in pythons.items() if part.others else [("", sys.executable)]:
            name = part.name + suffix
            command = [python, f"benchmarks/{part.program or part.name}.py", *part.arguments]
            command += ["--out", str(folder / f"{name}.json"), *["--quick"] * args.quick]
            if part.artifact and args.artifact:
                command += ["--artifact", str(args.artifact.resolve())]
            print(f"\n== {name}, after {(time.monotonic() - begun) / 60:.1f} min", flush=True)
            start = time.monotonic()
            if why := ran(command, part.patience):
                failed.append(f"{name}: {why}")
                print(f"{name} FAILED: {why}", flush=True)
            print(f"({name} took {time.monotonic() - start:.0f} s)", flush=True)
    print("\n== publish", flush=True)
    more = []
    if args.quick:
        shutil.copy(ROOT / "docs" / "benchmarks.md", folder)
        more = ["--docs", str(folder), "--quick"]
    publish = [sys.executable, "benchmarks/publish.py", str(folder), *more]
    if subprocess.run(publish, cwd=ROOT).returncode:
        failed.append("publish")
    print(f"\nAll of it took {(time.monotonic() - begun) / 60:.1f} min.")
    for each in failed:
        print(f"FAILED: {each}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
