"""Capabilities and exception filters: debugpy's, and ours on top."""

from __future__ import annotations

from typing import Any

CRASH = "daifu.crash"

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
    on = False
    theirs = dict(arguments)
    names = arguments.get("filters")
    if isinstance(names, list):
        on = CRASH in names
        theirs["filters"] = [name for name in names if name != CRASH]
    options = arguments.get("filterOptions")
    if isinstance(options, list):
        ours = [
            each for each in options if isinstance(each, dict) and each.get("filterId") == CRASH
        ]
        on = on or bool(ours)
        theirs["filterOptions"] = [each for each in options if each not in ours]
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
    names = arguments.get("filters")
    options = arguments.get("filterOptions")
    asked = list(names) if isinstance(names, list) else []
    if isinstance(options, list):
        asked += [each.get("filterId") for each in options if isinstance(each, dict)]
    for name in asked:
        if name == CRASH:
            listed.append({"verified": True})
        elif rest:
            listed.append(rest.pop(0))
    return {**body, "breakpoints": listed + rest}
