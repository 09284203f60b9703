"""``daifu-dap replay``: run a program with nobody there, and do at its crashes what a journal says
was done at the same ones.

The program does it itself (`recovery/replay.py`), at plain speed and without a debugger, in its
children too; this command chooses the entries, runs it, and reads in the journal of that run what
has come of each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from daifu_dap.recovery.ledger import VERSION
from daifu_dap.recovery.replay import FILE, VARIABLE

USAGE, UNCOVERED, UNUSED = 2, 3, 4
"""The exit statuses of this command's own; else it is the program's."""

TOLD = (
    *("id", "pid", "rank", "file", "line", "function", "cell", "exception", "resolution"),
    *("by", "uncovered", "changes"),
)

Json = dict[str, Any]


class JournalError(Exception):
    """A journal cannot be replayed; the text says why."""


@dataclass
class Account:
    """What has come of a replay.

    `replayed` and `answered` are resolutions (by the journal, and by a policy or the program's own
    handler), `uncovered` the crashes that nobody has answered, `unused` the entries whose crash did
    not come, `left` the entries that cannot be replayed.  `status` is the program's exit status.
    """

    replayed: list[Json] = field(default_factory=list)
    answered: list[Json] = field(default_factory=list)
    uncovered: list[Json] = field(default_factory=list)
    unused: list[Json] = field(default_factory=list)
    left: list[Json] = field(default_factory=list)
    status: int = 0

    def code(self, strict: bool) -> int:
        """The exit status of the command."""
        if self.uncovered:
            return UNCOVERED
        if self.status:
            return self.status if self.status > 0 else 128 - self.status
        return UNUSED if strict and any(each["by"] != "policy" for each in self.unused) else 0

    def to_json(self, strict: bool) -> Json:
        """The account as plain data."""
        lists = {
            name: [_short(each) for each in getattr(self, name)]
            for name in ("replayed", "answered", "uncovered", "unused", "left")
        }
        return {"version": 1, "exitCode": self.code(strict), "programStatus": self.status, **lists}


def run(
    journal: Path,
    command: Sequence[str],
    *,
    strict: bool = False,
    as_json: bool = False,
    policy: str | None = None,
    console: Console | None = None,
) -> int:
    """Run `python -m daifu_dap COMMAND`, replay `journal`, say what came of it.

    ``strict`` makes entries that were not used a failure.  ``as_json`` prints the account as JSON
    on the standard output, and sends the program's there to stderr.  ``policy`` is the path of a
    policy for crashes that the journal does not have.  Returns the exit status: the program's own
    if every crash was covered, else 3; 4 for unused entries, 2 for a journal that cannot be read.
    """
    console = console or Console(stderr=True, highlight=False, soft_wrap=True)
    if not command:
        console.print("There is no program to run: daifu-dap replay JOURNAL -- train.py ...")
        return USAGE
    try:
        entries = read(journal)
    except JournalError as error:
        console.print(f"daifu-dap replay: {error}", markup=False)
        return USAGE
    account = Account(left=[each for each in entries if why_not(each)])
    chosen = [each for each in entries if not why_not(each)]
    for number, each in enumerate(chosen, 1):
        each["number"] = number
    with tempfile.TemporaryDirectory(prefix="daifu-replay-") as name:
        folder = Path(name)
        (folder / FILE).write_text(json.dumps(chosen), encoding="utf-8")
        told = folder / "journal.jsonl"
        account.status = _program(command, folder, told, policy, as_json)
        taken = {int(path.stem) for path in folder.glob("*.taken")}
        account.unused = [each for each in chosen if each["number"] not in taken]
        _judge(account, _lines(told) if told.exists() else [])
    if as_json:
        print(json.dumps(account.to_json(strict), indent=2), flush=True)
    else:
        _tell(console, account, strict)
    return account.code(strict)


def read(path: Path) -> list[Json]:
    """The resolutions of a journal that somebody decided on, in order.

    Raises ``JournalError`` when there is none to be read.
    """
    try:
        lines = _lines(path)
    except (OSError, UnicodeDecodeError) as error:
        raise JournalError(f"{path} cannot be read: {error}") from None
    if not lines:
        raise JournalError(f"{path} is no journal: it has no line of one")
    newer = max(int(each.get("version") or 0) for each in lines)
    if newer > VERSION:
        raise JournalError(f"{path} is of version {newer}, and {VERSION} is what is known here")
    found = [each for each in lines if each.get("event") == "resolution"]
    return [each for each in found if each.get("by") not in ("nobody", "handler")]


def why_not(entry: Json) -> str:
    """Why an entry cannot be replayed; empty if it can."""
    if not entry.get("exception"):
        return "the edit was made where nothing had crashed"
    if entry.get("resolution") in ("return", "raise") and entry.get("value", "") is None:
        return f"the journal does not say what was given by {entry['resolution']}"
    return ""


def _lines(path: Path) -> list[Json]:
    """The lines of a journal; one that is no JSON was not written whole."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and "event" in entry and "id" in entry:
            found.append(entry)
    return found


def _program(
    command: Sequence[str], folder: Path, journal: Path, policy: str | None, quiet: bool
) -> int:
    """Run the program to its end; return its exit status, negative for a signal."""
    package = str(Path(__file__).resolve().parents[2])
    search = os.environ.get("PYTHONPATH")
    env = {
        **os.environ,
        "PYTHONPATH": f"{package}{os.pathsep}{search}" if search else package,
        "DAIFU_JOURNAL": str(journal),
        VARIABLE: str(folder),
    }
    options = ["--policy", policy] if policy else []
    process = subprocess.Popen(
        [sys.executable, "-m", "daifu_dap", *options, *command],
        env=env,
        stdout=sys.stderr.fileno() if quiet else None,
    )
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the program has got it as well
            continue


def _judge(account: Account, lines: list[Json]) -> None:
    """Sort in what the journal of the run says."""
    resolved = {each["id"]: each for each in lines if each["event"] == "resolution"}
    for crash in (each for each in lines if each["event"] == "crash"):
        found = resolved.get(crash["id"])
        if found is None:
            account.uncovered.append({**crash, "uncovered": "the program ended while it was held"})
        elif found["by"] == "replay":
            account.replayed.append(found)
        elif found["by"] != "nobody":
            account.answered.append(found)
        elif not found.get("process"):  # what ends a worker is its parent's crash
            account.uncovered.append(found)


def _tell(console: Console, account: Account, strict: bool) -> None:
    def line(mark: str, each: Json, more: str, style: str) -> None:
        error = each.get("exception") or {}
        kind = f"{error['type']} at " if error else ""
        place = f"{each['file']}:{each['line']} in {each['function']}"
        console.print(f"{mark:9} {kind}{place}: {more}", style=style, markup=False)
        first, *rest = str(each["cell"]).splitlines() or [""]
        console.print(f"{'':9}     {first}{' ...' if rest else ''}", style="dim", markup=False)

    console.print()
    for each in account.replayed:
        line("replayed", each, _how(each), "green")
    for each in account.answered:
        line(each["by"], each, _how(each), "cyan")
    for each in account.uncovered:
        line("UNCOVERED", each, each.get("uncovered") or "nobody has answered it", "bold red")
    for each in account.unused:
        line("unused", each, "its crash did not come", "bold red" if strict else "yellow")
    for each in account.left:
        line("left out", each, why_not(each), "yellow")
    said = [
        f"{len(account.replayed)} replayed",
        f"{len(account.uncovered)} not covered",
        f"{len(account.unused)} unused",
    ]
    status = account.status
    ended = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    good = account.code(strict) == 0
    console.print(
        f"{', '.join(said)}; the program {ended}.", style="bold green" if good else "bold red"
    )


def _how(each: Json) -> str:
    """How a crash was resolved, in a few words."""
    files = ", ".join(dict.fromkeys(change["file"] for change in each.get("changes") or ()))
    action = str(each["resolution"])
    if action == "goto":
        action = f"goto {each['goto']['line']}"
    return f"{action} ({files})" if files else action


def _short(each: Json) -> Json:
    """What the account in JSON tells of an entry."""
    found = {name: each[name] for name in TOLD if name in each}
    reason = why_not(each)
    return found | ({"why": reason} if reason else {})
