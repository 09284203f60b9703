"""The forms of answers: success, and failure with a sentence, a number and numbered reasons."""

from __future__ import annotations

import re
from typing import Any

from daifu_dap.adapter.runtime import Failed
from daifu_dap.common.framing import Message
from daifu_dap.common.refusals import Refusal

GENERAL = 9000
"""The number of failures that are not refusals."""


def response(request: Message, body: dict[str, Any] | None = None) -> Message:
    """Return the successful answer to a request."""
    answer: Message = {
        "type": "response",
        "request_seq": request["seq"],
        "command": request["command"],
        "success": True,
    }
    if body is not None:
        answer["body"] = body
    return answer


def failure(request: Message, error: Exception | str) -> Message:
    """Return the failed answer to a request.

    `message` is a sentence for people, `body.error` its DAP form, `body.refusals` the numbered
    reasons, if any. An editor is asked to show the failures of its own requests; those of
    `daifu/...` are shown by whoever sends these, with the ways on.
    """
    refusals: list[dict[str, Any]] = []
    if isinstance(error, Refusal):
        message, refusals = error.message, [error.to_json()]
    elif isinstance(error, Failed):
        message, refusals = error.message, error.refusals
    else:
        message = str(error)
    number = GENERAL
    command = str(request.get("command") or "")
    if refusals and (found := re.fullmatch(r"DFU(\d+)", str(refusals[0].get("code")))):
        number = int(found[1])
    body: dict[str, Any] = {
        "error": {
            "id": number,
            "format": message.replace("{", "(").replace("}", ")"),
            "showUser": not command.startswith("daifu/"),
        }
    }
    if refusals:
        body["refusals"] = refusals
    return {
        "type": "response",
        "request_seq": request.get("seq", 0),
        "command": command,
        "success": False,
        "message": message,
        "body": body,
    }
