"""Policies at work: which rule answers a crash, and what it does (`common/rules.py` has the form).

A crash goes through the rules in order, and the first that fits it counts.  A retry waits in the
thread that crashed.  How often a cell was tried again is counted for each thread and rule, and
forgotten when the cell has run through, so that a retry that helped costs nothing of the next
one's.

What a rule runs is run in the crashed frame after the frames that ended with the exception have
let go of what they held: `torch.cuda.empty_cache()` could not give back what they still have.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import sys
import time
from collections.abc import Iterator, MutableMapping

from daifu_dap.common.folder import whole, working
from daifu_dap.common.rules import VARIABLE, Policy, PolicyError, Rule
from daifu_dap.common.typed import Any
from daifu_dap.recovery import bridge, debugger
from daifu_dap.recovery.crash import Crash, message, type_name
from daifu_dap.recovery.resolution import Raise, Resolution, Retry, Skip
from daifu_dap.recovery.wanted import is_any

Key = tuple[int, int, str, str, str]

OVER = 2
"""How many answers a rule has for one crash."""

HOLD = Resolution()
"""What a rule says that wants a person."""

_policy: Policy | None = None
_known = False
_attempts: dict[Key, list[int]] = {}
"""How often each cell was tried again, and the entry in the journal of the last time."""


def present() -> Policy | None:
    """The policy of this process; what is wrong with it is said once."""
    global _known, _policy
    if not _known:
        _policy = _read()
        _known = True  # not before: another thread may crash meanwhile
    return _policy


def _read() -> Policy | None:
    if not os.environ.get(VARIABLE):
        return None
    from daifu_dap.common import settings

    try:
        return settings.from_environment()
    except PolicyError as error:
        say(f"{error} (the policy is not used)")
        return None


def use(policy: Policy | None) -> None:
    """Have `policy` count from now on."""
    global _known, _policy
    _known, _policy = True, policy


def answer(crash: Crash) -> Resolution | None:
    """What the policy does about a crash: `HOLD` to wait for a person, None for what is done
    without a policy.

    It is asked again when what it said was refused, or what it ran has failed; then it says what
    else is to be done, and then nothing any more.
    """
    policy = present()
    if policy is None or crash.tries > OVER:
        return HOLD if crash.waits else None
    try:
        return _answer(crash, policy)
    except Exception as error:  # the crash must be held all the same
        crash.tries, crash.by, crash.said, crash.first = OVER + 1, "debugger", {}, None
        say(f"the policy could not be asked: {type(error).__name__}: {error}")
        return None


def _answer(crash: Crash, policy: Policy) -> Resolution | None:
    rule = next((each for each in policy.rules if fits(each, crash)), None)
    if rule is None:
        crash.tries = OVER + 1
        return None
    key = (rule.number, crash.thread_ident, crash.filename, crash.function, crash.code)
    tried, failed = _attempts.get(key, [0, 0])[0], ""
    crash.tries, first = crash.tries + 1, crash.tries == 0
    action = rule.action if first else rule.otherwise if crash.tries <= OVER else ""
    if not first:
        said = crash.failed or (crash.refusal.message if crash.refusal is not None else "")
        failed = f" ({said})"
    elif action == "retry" and tried >= rule.times:
        action, failed = rule.otherwise, f" (tried again {tried} times)"
    name = f"policy rule {rule.number}" + (f" ({rule.name})" if rule.name else "")
    what = f"{type_name(crash.exception)} at {where(crash)}{failed}"
    crash.by, crash.first, crash.failed = "policy", None, ""
    crash.said = {"rule": told(rule, policy)}
    if rule.run and first:
        crash.said["run"] = rule.run
        crash.first = lambda: run(crash, rule.run)
    if action == "retry":
        pause = rule.pause(tried + 1)
        waiting = f" in {pause:g} s" if pause else ""
        say(f"{name}: retry {tried + 1} of {rule.times}{waiting}: {what}")
        _attempts[key] = [tried + 1, 0]
        crash.attempt = key
        crash.said["attempt"] = tried + 1
        time.sleep(pause)
        return Retry()
    _attempts.pop(key, None)
    crash.attempt = None
    say(f"{name}: {action or 'no more to do'}: {what}")
    if action == "skip":
        return Skip()
    if crash.first is not None and not first_run(crash):
        say(f"{name}: its code has failed: {crash.failed}")
    if action == "raise":
        return Raise()
    crash.tries, crash.by, crash.said = OVER + 1, "debugger", {}
    crash.waits = action == "hold"
    return HOLD if crash.waits else None


def first_run(crash: Crash) -> bool:
    """Run what is to be run in the frame before it is left; whether that has worked."""
    first, crash.first = crash.first, None
    assert first is not None
    try:
        first()
    except Exception as error:
        crash.failed = f"{type(error).__name__}: {error}"
        return False
    return True


def fits(rule: Rule, crash: Crash) -> bool:
    """Whether a rule is about a crash."""
    if rule.exception and not is_any(crash.exception, rule.exception):
        return False
    if rule.message and not re.search(rule.message, message(crash.exception)):
        return False
    path, function = crash.filename, crash.function
    paths = (path, os.path.relpath(whole(path), working()), os.path.basename(path))
    names = (function, function.rpartition(".")[2])
    return (
        (not rule.file or any(globbed(each, paths) for each in rule.file))
        and (not rule.function or any(globbed(each, names) for each in rule.function))
        and (not rule.cell or any(in_cell(each, crash.code) for each in rule.cell))
    )


def globbed(pattern: str, names: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


def in_cell(pattern: str, code: str) -> bool:
    """Whether a cell has a text, or is what a glob means; brackets are those of Python."""
    code, pattern = " ".join(code.split()), " ".join(pattern.split())
    glob = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return pattern in code or re.fullmatch(glob, code) is not None


def told(rule: Rule, policy: Policy) -> dict[str, Any]:
    """What the journal says of a rule."""
    found: dict[str, Any] = {"number": rule.number, "source": policy.source}
    return found | ({"name": rule.name} if rule.name else {})


def resolved(crash: Crash, number: int) -> None:
    """Take note that entry `number` of the journal is a retry's."""
    found = _attempts.get(crash.attempt) if crash.attempt is not None else None
    if found is not None:
        found[1] = number


def ran(number: int) -> None:
    """The cell of entry `number` has run through: its retries are forgotten."""
    if _attempts:
        for key, found in list(_attempts.items()):
            if found[1] == number:
                _attempts.pop(key, None)


class Space(MutableMapping[str, Any]):
    """The names that code is run with in a crashed frame: its variables, which are assigned; its
    globals; and the modules that are loaded, so that `torch` is there however it was imported.
    """

    def __init__(self, crash: Crash) -> None:
        self._locals = crash.locals
        self._globals = crash.frame.f_globals
        built = self._globals.get("__builtins__", {})
        self._builtins = built if isinstance(built, dict) else vars(built)

    def __getitem__(self, name: str) -> Any:
        values = self._locals.values()
        for space in (values, self._globals, self._builtins, sys.modules):
            if name in space:
                return space[name]
        raise KeyError(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._locals[name] = value

    def __delitem__(self, name: str) -> None:
        del self._locals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._locals)

    def __len__(self) -> int:
        return len(self._locals)


def run(crash: Crash, code: str) -> None:
    """Run code in the crashed frame."""
    exec(compile(code, "<policy>", "exec"), crash.frame.f_globals, Space(crash))


def where(crash: Crash) -> str:
    return f"{os.path.basename(crash.filename)}:{crash.line} in {crash.function}"


def say(text: str) -> None:
    """Tell the attached client, or stderr if there is none."""
    line = f"daifu: {text}\n"
    with contextlib.suppress(Exception):
        if debugger.attached():
            bridge.event("output", {"category": "important", "output": line})
        else:
            print(line, end="", file=sys.stderr, flush=True)
