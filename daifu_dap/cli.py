"""The console script ``daifu-dap``: one subcommand for each job."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from daifu_dap import __version__

if TYPE_CHECKING:
    Jobs = argparse._SubParsersAction[argparse.ArgumentParser]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the job that the command line names and return its exit status.

    ``argv`` is the command line without the program's name, None takes the process's own.  Leaves
    by ``SystemExit`` with status 2 when the command line is wrong.
    """
    parser = argparse.ArgumentParser(
        prog="daifu-dap", description="Fix a crashed Python program where it stands and go on."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    jobs = parser.add_subparsers(title="jobs", metavar="JOB", required=True)
    _add_demo(jobs)
    args = parser.parse_args(argv)
    status: int = args.run(args)
    return status


def _add_demo(jobs: Jobs) -> None:
    parser = jobs.add_parser(
        "demo",
        help="train, crash, fix the line, go on, and prove it",
        description="Trains a small CNN on handwritten digits under the debug adapter, lets it "
        "crash in its test loop, mends the line in the running program, and compares the outcome "
        "with the correct program's. Needs PyTorch and scikit-learn.",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="work in this new folder and keep it (default: a temporary one)",
    )
    parser.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> int:
    from daifu_dap.client import demo

    return demo.run(args.keep)


if __name__ == "__main__":
    sys.exit(main())
