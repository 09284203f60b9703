"""Capabilities and exception filters: debugpy's, and ours on top."""

from __future__ import annotations

from typing import Any

CRASH = "daifu.crash"

COVERED = "userUnhandled"
"""What debugpy is not asked for while the crash barrier is on, which stops for the same exceptions
earlier: "no exception stops twice", and pydevd's own way of finding them needs a line for every
instruction that an exception passes, which a barrier has not."""

CAPABILITIES = {"supportsReplaceCellRequest": True, "supportsRestartFrame": True}

CRASH_FILTER = {
    "filter": CRASH,
    "label": "Crash barrier",
    "default": True,
    "description": "Hold the program at the statement that crashed, so that it can be mended and "
    "go on.",
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


def split(arguments: dict[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Tell whether `setExceptionBreakpoints` has the crash barrier on, and return its arguments
    without it, which are debugpy's."""
    theirs = dict(arguments)
    names = arguments.get("filters")
    options = arguments.get("filterOptions")
    on = CRASH in asked(arguments)
    ours = (CRASH, COVERED) if on else (CRASH,)
    if isinstance(names, list):
        theirs["filters"] = [name for name in names if name not in ours]
    if isinstance(options, list):
        theirs["filterOptions"] = [
            each
            for each in options
            if not (isinstance(each, dict) and each.get("filterId") in ours)
        ]
    return on, theirs


def crash_first(arguments: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to `setExceptionBreakpoints` with a place for each filter asked for.

    The protocol lists the breakpoints in the order of the filters, then of the options.
    """
    theirs = body.get("breakpoints")
    if not isinstance(theirs, list):
        return body
    rest = list(theirs)
    listed = []
    wanted = asked(arguments)
    ours = (CRASH, COVERED) if CRASH in wanted else (CRASH,)
    for name in wanted:
        if name in ours:
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
