"""`python -m tests.conformance CHECKOUT`: debugpy's own test suite, against debugpy and against us.

CHECKOUT is a copy of debugpy's repository, at the version that is installed as nearly as may be.
The tests drive an adapter; on our side they are given ours, and nothing else is changed.  What
debugpy passes we are to pass; `known.py` lists what cannot be, with the reason.  The table of
differences goes to stdout, and with `--report` as Markdown into a file.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.conformance import report, running


def main() -> int:
    """Run what the command line asks for; return 1 when we differ where nothing explains it."""
    options = _parser().parse_intermixed_args()
    lacking = running.missing(options.python)
    if lacking:
        needs = options.checkout / "tests" / "requirements.txt"
        print(f"{options.python} has no {', '.join(lacking)}; install {needs}.", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    files = {side: options.out / f"{side}.jsonl" for side in ("daifu", "debugpy")}
    for side, path in files.items():
        if side in options.sides and not options.compare:
            if not options.resume:
                path.unlink(missing_ok=True)
            doubtful = None
            if side == "debugpy" and options.doubtful:
                doubtful = running.doubtful(running.read(files["daifu"]))
            running.run(
                options.python,
                options.checkout,
                path.resolve(),
                ours=side == "daifu",
                select=options.tests,
                workers=options.workers,
                timeout=options.timeout,
                keyword=options.keyword,
                only=doubtful,
                without=running.read(path).keys(),
            )
    found = report.compare(running.read(files["debugpy"]), running.read(files["daifu"]))
    (options.out / "difference.json").write_text(json.dumps(found.to_json(), indent=1) + "\n")
    print(found.table())
    if options.report is not None:
        options.report.write_text(found.markdown(report.versions(options.python)))
    return 1 if found.unexplained else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("checkout", type=Path, help="a checkout of debugpy's repository")
    parser.add_argument("tests", nargs="*", help="tests of the checkout (default: the suite)")
    parser.add_argument("-k", dest="keyword", help="pytest's -k")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to run it with")
    parser.add_argument("--sides", nargs="+", default=("debugpy", "daifu"))
    parser.add_argument("--resume", action="store_true", help="run what has no outcome yet")
    parser.add_argument(
        "--doubtful", action="store_true", help="of debugpy's side, only what ours does not pass"
    )
    parser.add_argument("--compare", action="store_true", help="run nothing, compare what is there")
    parser.add_argument("--out", type=Path, default=Path("build/conformance"), metavar="FOLDER")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the result as Markdown")
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument("--timeout", type=int, default=60, metavar="SECONDS", help="for one test")
    return parser


if __name__ == "__main__":
    sys.exit(main())
