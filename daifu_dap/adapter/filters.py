"""Capabilities and exception filters: debugpy's, and ours on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from daifu_dap.common import condition

CRASH = "daifu.crash"

COVERED = "userUnhandled"
"""What debugpy is not asked for while the crash barrier is on, which stops for the same exceptions
earlier: "no exception stops twice", and pydevd's own way of finding them needs a line for every
instruction that an exception passes, which a barrier has not."""

CAPABILITIES = {
    "supportsReplaceCellRequest": True,
    "supportsRestartFrame": True,
    "supportsExceptionFilterOptions": True,
    "completionTriggerCharacters": [".", "%"],
}

CRASH_FILTER = {
    "filter": CRASH,
    "label": "Crash barrier",
    "default": True,
    "description": "Hold the program at the statement that crashed, so that it can be mended and "
    "go on.",
    "supportsCondition": True,
    "conditionDescription": "Types of exceptions to hold, such as: RuntimeError, "
    "torch.OutOfMemoryError. With ! in front: not these. *: those that are handled, too.",
}


def capabilities(theirs: dict[str, Any]) -> dict[str, Any]:
    """Return the body that answers `initialize`, made of debugpy's.

    The crash barrier comes first and is on by default; `uncaught` then is off by default, since an
    exception that the barrier holds would stop a second time on its way out.
    """
    filters = []
    for each in theirs.get("exceptionBreakpointFilters") or ():
        if each.get("filter") == "uncaught":
            each = {**each, "default": False}
        filters.append(each)
    return {**theirs, **CAPABILITIES, "exceptionBreakpointFilters": [CRASH_FILTER, *filters]}


@dataclass(frozen=True)
class Wish:
    """What `setExceptionBreakpoints` says about the crash barrier.

    Attributes:
        on: whether it is on.
        condition: which exceptions it is for; None for those that nobody handles.
        fault: why the condition that was given cannot be used, or None.
    """

    on: bool
    condition: str | None = None
    fault: str | None = None


def wish(arguments: dict[str, Any]) -> Wish:
    """Read the part of `setExceptionBreakpoints` that concerns the crash barrier."""
    if CRASH not in asked(arguments):
        return Wish(False)
    options = arguments.get("filterOptions")
    for each in options if isinstance(options, list) else ():
        if isinstance(each, dict) and each.get("filterId") == CRASH:
            text = each.get("condition")
            if text is None or (isinstance(text, str) and not text.strip()):
                continue
            try:
                if not isinstance(text, str):
                    raise ValueError("it must be a string")
                condition.parse(text)
            except ValueError as error:
                said = f"The condition is not used, and the barrier is on without it: {error}."
                return Wish(True, None, said)
            return Wish(True, text)
    return Wish(True)


def theirs(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `setExceptionBreakpoints` that are debugpy's, which knows no options: its
    filters go by name."""
    wanted = asked(arguments)
    ours = (CRASH, COVERED) if CRASH in wanted else (CRASH,)
    rest = {key: value for key, value in arguments.items() if key != "filterOptions"}
    if isinstance(rest.get("filters", []), list):
        rest["filters"] = [name for name in wanted if name not in ours]
    return rest


def crash_first(arguments: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to `setExceptionBreakpoints` with a place for each filter asked for.

    The protocol lists the breakpoints in the order of the filters, then of the options.
    """
    wanted = asked(arguments)
    ours = (CRASH, COVERED) if CRASH in wanted else (CRASH,)
    # debugpy leaves its list out when it has set nothing.
    theirs = body.get("breakpoints", [] if set(wanted).issubset(ours) else None)
    if not isinstance(theirs, list):
        return body
    rest = list(theirs)
    listed: list[Any] = []
    fault = wish(arguments).fault
    for name in wanted:
        if name == CRASH and fault is not None:
            listed.append({"verified": False, "message": fault})
        elif name in ours:
            listed.append({"verified": True})
        elif rest:
            listed.append(rest.pop(0))
    return {**body, "breakpoints": listed + rest}


def asked(arguments: dict[str, Any]) -> list[Any]:
    """The filters that `setExceptionBreakpoints` names, those with options last."""
    names = arguments.get("filters")
    options = arguments.get("filterOptions")
    found = list(names) if isinstance(names, list) else []
    if isinstance(options, list):
        found += [each.get("filterId") for each in options if isinstance(each, dict)]
    return found
