"""What is handed on to debugpy, and what is done to its answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import filters, stack
from daifu_dap.common.framing import Message

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]
Rewrite = Callable[[Json, Json], Json]

FORWARDED = frozenset(
    {
        *("initialize", "configurationDone", "terminate", "threads", "modules", "source"),
        *("setBreakpoints", "setFunctionBreakpoints", "setExceptionBreakpoints"),
        *("continue", "next", "stepIn", "stepOut", "stepInTargets", "pause", "goto", "gotoTargets"),
        *("stackTrace", "scopes", "variables", "setVariable", "setExpression", "evaluate"),
        *("completions", "exceptionInfo", "setDebuggerProperty", "setPydevdSourceMap"),
        *("debugpySystemInfo", "pydevdSystemInfo"),
    }
)
"""The requests that debugpy answers; it never answers any other, and the client would hang."""

REWRITTEN: dict[str, Rewrite] = {
    "stackTrace": stack.trace,
    "completions": stack.completions,
    "modules": stack.modules,
    "exceptionInfo": stack.exception_info,
    "setExceptionBreakpoints": filters.crash_first,
}
"""What is done to the bodies of answers: `(arguments, body) -> body`."""


def rewritten(session: Session, command: str, arguments: object, answer: Message) -> Message:
    """An answer of debugpy's, as the client is to see it."""
    rewrite = REWRITTEN.get(command)
    if rewrite is None or not answer.get("success") or not isinstance(arguments, dict):
        return answer
    body = rewrite(arguments, answer.get("body") or {})
    if command == "stackTrace":
        body = session.crashes.placed(body)
    elif command == "exceptionInfo":
        body = session.crashes.explained(arguments, body)
    return {**answer, "body": body}


def whole_trace(session: Session, request: Message) -> None:
    """Forward `stackTrace`, for the whole stack: the client's page is cut out of what shows."""
    whole = {**(request.get("arguments") or {})}
    whole.pop("startFrame", None)
    whole.pop("levels", None)
    session.forward(request, whole)


def variables(session: Session, request: Message) -> None:
    """Forward `variables`, and pass on the answer without our names.

    debugpy puts names with underscores at both ends into a group of their own; when all in it are
    ours, the group goes too, for which its contents must be known: they are asked for once while
    one page after the other is.
    """
    parent = (request.get("arguments") or {}).get("variablesReference")

    def answered(answer: Message) -> None:
        if not answer.get("success"):
            session.answer(request, answer)
            return
        body = stack.variables(answer.get("body") or {})

        def reply(shown: Json) -> None:
            same = shown is answer.get("body")
            session.answer(request, answer if same else {**answer, "body": shown})

        group = stack.group(body)
        known = session.groups.get(parent) if isinstance(parent, int) else None
        if group is None or known is not None:
            reply(stack.without(body, group) if group is not None and known else body)
            return

        groups = session.groups

        def opened(contents: Message) -> None:
            inside = (contents.get("body") or {}).get("variables")
            ours = bool(inside) and not stack.variables({"variables": inside})["variables"]
            if isinstance(parent, int) and contents.get("success"):
                groups[parent] = ours
            reply(stack.without(body, group) if ours else body)

        asked: Message = {"type": "request", "command": "variables"}
        asked["arguments"] = {"variablesReference": group}
        session.send(asked, "variables", opened)

    session.forward(request, then=answered)
