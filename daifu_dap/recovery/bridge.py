"""The bridge to the adapter: what it asks of the runtime, and what it is told.

While a thread is held at a crash (`suspend`), pydevd's waiting call runs the commands that are
posted for the thread, `evaluate` among them. So the adapter speaks to the runtime by evaluating
`command('{...}')` in the stopped frame: the work is done *by the crashed thread itself*, between
two looks at the queue, and no second thread ever touches live frames. Without a stopped thread,
pydevd's command thread runs it. What the runtime has to tell goes by events on pydevd's own
channel, so that their order with `stopped` is kept.

Threads: `command` runs in a crashed thread or in pydevd's command thread; `event` runs anywhere.
"""

from __future__ import annotations

import contextlib
import os
import threading

from daifu_dap.common.refusals import Refusal
from daifu_dap.common.typed import Any
from daifu_dap.recovery import debugger, threads

_loading = threading.RLock()
"""Held while modules are loaded for the first request, which comes as the program begins: a child
that was forked meanwhile would wait for the end of that, in a thread that it has not got."""


def event(name: str, body: dict[str, Any]) -> None:
    """Send the client the event `name`, in order with pydevd's own; does nothing without a client.

    `threadId` is filled in with the current thread when the body has none.
    """
    db = debugger.present()
    if db is None or not debugger.attached():
        return
    from _pydevd_bundle.pydevd_net_command import NetCommand

    if "threadId" not in body:
        body = {**body, "threadId": debugger.number(debugger.key(threading.current_thread()))}
    body.pop("threadIdent", None)
    message = {"type": "event", "event": name, "body": body}
    db.writer.add_command(NetCommand(-1, 0, message, is_json=True))


def command(text: str) -> str:
    """Carry out one request of the adapter's, JSON in and JSON out; never raises.

    The answer is `{"ok": true, ...}` or `{"ok": false, "message": ..., "refusals": [...]}`.
    """
    import json  # which pydevd has loaded, as `socket` in `overrides`

    with _loading:
        from daifu_dap.recovery import commands

    for held in threads.holds().values():
        held.ours = True
    try:
        request = json.loads(text)
        with _loading if request["do"] == "hello" else contextlib.nullcontext():
            answer = commands.run(request)
        return json.dumps({"ok": True, **answer})
    except Refusal as refusal:
        said = {"message": refusal.message, "refusals": [refusal.to_json()]}
        return json.dumps({"ok": False, **said})
    except BaseException as error:
        return json.dumps({"ok": False, "message": f"{type(error).__name__}: {error}"})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_loading.acquire,
        after_in_parent=_loading.release,
        after_in_child=_loading.release,
    )
