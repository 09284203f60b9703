"""Questions to the runtime inside the program, asked through debugpy's `evaluate`.

Asked with a frame of a held thread, the held thread itself does the work; asked without one,
pydevd's command thread does.  The answer is JSON: with a frame pydevd gives the *repr* of the
string, without one the string.  Context `clipboard` is the one in which nothing is cut short.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from typing import Any

from daifu_dap.adapter.filters import Wish
from daifu_dap.adapter.launch import BOOT
from daifu_dap.common.framing import MAX_BODY, Message

Json = dict[str, Any]

ENTRY = "__import__('daifu_dap.recovery.bridge', None, None, ['command']).command"
"""The expression that every question begins with."""

JOIN = f"__import__('runpy').run_path({str(BOOT / 'sitecustomize.py')!r}, None, 'daifu')['_join']"
"""The expression by which a program that runs already is vaccinated."""

PATIENCE = 600.0
"""Seconds that an answer may take: applying an edit runs the person's new top-level statements."""


def greeting(wish: Wish) -> Json:
    """Return the arguments of the `evaluate` that tells the runtime that a client is there, and
    what it wishes of the crash barrier.

    It may come to a program without our runtime, and changes nothing there.
    """
    return _if_loaded({"do": "hello", "filter": wish.on, "condition": wish.condition})


def naming(pid: int) -> Json:
    """Return the arguments of the `evaluate` that asks what a program calls its child process.

    It may come to a program without our runtime, and changes nothing there.
    """
    return _if_loaded({"do": "child", "pid": pid})


def named(answer: Message) -> str | None:
    """The name in the answer to `naming`, if there is one."""
    try:
        told = json.loads((answer.get("body") or {}).get("result") or "null")
    except ValueError:
        return None
    name = told.get("name") if isinstance(told, dict) else None
    return name if isinstance(name, str) else None


def _if_loaded(request: Json) -> Json:
    text = json.dumps(request)
    loaded = "'daifu_dap' in __import__('sys').modules"
    return {"expression": f"{ENTRY}({text!a}) if {loaded} else None", "context": "clipboard"}


def joining(variables: dict[str, str]) -> Json:
    """Return the arguments of the `evaluate` that vaccinates a program that runs already."""
    text = json.dumps({"env": variables})
    return {"expression": f"{JOIN}({text!a})", "context": "clipboard"}


class Failed(Exception):
    """The runtime has refused, or could not be asked; `refusals` are the numbered reasons."""

    def __init__(self, message: str, refusals: list[Json] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.refusals = refusals or []


Ask = Callable[[str, Json, float], Json]
"""How debugpy is asked: command, arguments, seconds of patience; returns the whole response."""


def question(do: str, arguments: Json, frame_id: int | None) -> Json:
    """Return the arguments of the `evaluate` that asks the runtime to `do` something.

    Raises `Failed` when they would be too long for a message.
    """
    text = json.dumps({"do": do, **arguments})
    asked: Json = {"expression": f"{ENTRY}({text!a})", "context": "clipboard"}
    if len(asked["expression"]) > MAX_BODY * 3 // 4:
        raise Failed("The texts are too long to be sent to the program in one message.")
    if frame_id is not None:
        asked["frameId"] = frame_id
    return asked


def ask(via: Ask, do: str, arguments: Json, frame_id: int | None, patience: float) -> Json:
    """Ask the runtime to `do` something and return its answer.

    Raises `Failed` when it refuses, when the program has no runtime of ours, or when it is gone.
    """
    response = via("evaluate", question(do, arguments, frame_id), patience)
    if not response.get("success"):
        said = str(response.get("message") or "no answer")
        last = said.strip().splitlines()[-1] if said.strip() else "no answer"
        raise Failed(f"The program could not be asked: {last}")
    result = str((response.get("body") or {}).get("result"))
    try:
        text = ast.literal_eval(result) if frame_id is not None else result
        answer = json.loads(text)
    except (ValueError, SyntaxError, TypeError):
        raise Failed(f"The program gave no proper answer: {result[:200]}") from None
    if not answer.get("ok"):
        raise Failed(str(answer.get("message")), answer.get("refusals"))
    return dict(answer)
