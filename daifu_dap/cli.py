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
    _add_replay(jobs)
    _add_attach(jobs)
    given = list(sys.argv[1:] if argv is None else argv)
    # What comes behind it is another program's command line, and may look like options of ours.
    at = given.index("--") if given[:1] == ["replay"] and "--" in given else len(given)
    args = parser.parse_args(given[:at])
    if at < len(given):
        args.program = given[at + 1 :]
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


def _add_replay(jobs: Jobs) -> None:
    parser = jobs.add_parser(
        "replay",
        help="run a program and do at its crashes what a journal says",
        description="Runs `python -m daifu_dap PROGRAM` with nobody there, and does at its crashes "
        "what was done at the same ones when JOURNAL was written. Ends with the program's status; "
        "with 3 if a crash is not covered, with 4 if an entry is not used and --strict is given.",
    )
    parser.add_argument("journal", type=Path, metavar="JOURNAL", help="a .daifu/journal.jsonl")
    parser.add_argument("--strict", action="store_true", help="an entry that is not used fails")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the account as JSON on stdout; the program's own output goes to stderr",
    )
    parser.add_argument("--policy", metavar="FILE", help="answers what the journal does not have")
    parser.add_argument(
        "program",
        nargs="*",
        metavar="-- PROGRAM",
        help="FILE, -m MODULE or -c CODE, and its arguments, behind a --",
    )
    parser.set_defaults(run=_replay)


def _replay(args: argparse.Namespace) -> int:
    from daifu_dap.client import replay

    return replay.run(
        args.journal, args.program, strict=args.strict, as_json=args.json, policy=args.policy
    )


def _add_attach(jobs: Jobs) -> None:
    parser = jobs.add_parser(
        "attach",
        help="recover a held program from a shell",
        description="Attaches to a program that is held, or runs, and reads lines: those of the "
        "Debug Console, %edit and others (%help lists them), or code for the crashed frame. Ends "
        "with 0, 1 if a line could not be done, 3 if there is nothing to attach to, 4 if the "
        "connection is lost.",
    )
    parser.add_argument(
        "place",
        nargs="?",
        metavar="HOST:PORT | PID",
        help="where it is (default: the held program that is found)",
    )
    parser.add_argument(
        "-c", dest="commands", action="append", default=[], metavar="LINE",
        help="do this line and leave; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--wait",
        action="store_true",
        help="after the lines, wait for the end (its status is ours) or the next crash (5)",
    )
    parser.add_argument("--list", action="store_true", help="show what is held, and leave")
    parser.add_argument(
        "--access-token-file", metavar="FILE", help="has the token that the program wants"
    )
    parser.set_defaults(run=_attach)


def _attach(args: argparse.Namespace) -> int:
    from daifu_dap.shell import attach

    return attach.run(
        args.place,
        commands=args.commands,
        wait=args.wait,
        listing=args.list,
        token_file=args.access_token_file,
    )


if __name__ == "__main__":
    sys.exit(main())
