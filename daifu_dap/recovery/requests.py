"""Requests that pydevd cannot handle fail, each by itself.

pydevd checks the form of a request, and its handlers rely on more: a value of another type raises
in the thread that reads, which ends it, and with it the connection to the debugger.  A client that
sends something wrong would so lose everybody the program.  Here such a request is answered.
A token is compared in a time that tells nothing of it.
"""

from __future__ import annotations

import functools
import json
import sys
from types import ModuleType
from typing import Any

from daifu_dap.common import token
from daifu_dap.vaccine import late

PROCESSOR = "_pydevd_bundle.pydevd_process_net_command_json"


def install() -> None:
    """Take care of the requests from here on, whether pydevd is at work already or not."""
    late.on_import(PROCESSOR, careful)


def careful(module: ModuleType) -> None:
    """Make the processor of requests in a module answer what its handlers cannot handle."""
    names: dict[str, Any] = vars(module)
    processor = names["PyDevJsonCommandProcessor"]
    plain = processor.process_net_command_json
    if hasattr(plain, "daifu"):
        return

    @functools.wraps(plain)
    def process(self: Any, db: Any, contents: Any, *rest: Any, **named: Any) -> None:
        compare_slowly(type(db.authentication))
        try:
            plain(self, db, contents, *rest, **named)
        except Exception as error:
            request = json.loads(contents)
            said = {"type": "response", "request_seq": request["seq"], "success": False}
            said |= {"command": request.get("command"), "seq": 0}
            said["message"] = f"{type(error).__name__}: {error}"
            command = names["NetCommand"](names["CMD_RETURN"], 0, said, is_json=True)
            db.writer.add_command(command)

    process.daifu = True  # type: ignore[attr-defined]
    processor.process_net_command_json = process
    pydevd: Any = sys.modules.get("pydevd")
    reader: Any = getattr(getattr(pydevd, "get_global_debugger", lambda: None)(), "reader", None)
    bound = getattr(reader, "process_net_command_json", None)
    if bound is not None:
        reader.process_net_command_json = functools.partial(process, bound.__self__)


def compare_slowly(kind: Any) -> None:
    """Give the comparison of tokens of a kind of pydevd's an equal one or none."""
    plain = kind.login
    if hasattr(plain, "daifu"):
        return

    def login(self: Any, access_token: object) -> None:
        wanted = self.access_token
        right = wanted is None or token.same(wanted, access_token)
        plain(self, access_token if right else None)

    login.daifu = True  # type: ignore[attr-defined]
    kind.login = login
