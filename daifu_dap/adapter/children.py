"""Child processes: each has a session of its own, which comes in by our listener.

debugpy announces a child to the client by an event (`debugpyAttach`) or a request
(`startDebugging`) with the arguments of the `attach` that leads to it.  They name the port of
debugpy's own adapter; here they name ours, and in the child's `attach` it is put back.  What was
taken out of or put into the parent's arguments here is undone as well, so that the child's session
is asked for as the parent's was.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import launch, runtime
from daifu_dap.common.framing import Message

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

RANKS = ("RANK", "LOCAL_RANK")
"""Variables by which launchers of distributed trainings tell a process which one it is."""

PATIENCE = 2.0
"""Seconds that the programs may take to say what a child is called."""


class Children:
    """The child processes of one session's program."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.arguments: Json = {}
        """What the client's `launch` or `attach` said, ours included."""

    def sockets(self, body: Json) -> Json:
        """`debugpySockets` with our listener in place of debugpy's."""
        session = self._session
        listed = body.get("sockets")
        if not isinstance(listed, list):
            return body
        backend = session.peer.backend
        theirs = [each for each in listed if isinstance(each, dict) and not each.get("internal")]
        if backend.place is None and len(theirs) == 1:
            # The first time it is told, no other socket of this kind is open.
            backend.place = str(theirs[0].get("host")), int(theirs[0].get("port") or 0)
        ours = session.server.place
        if ours is None:
            return body
        told = [
            {**each, "host": ours[0], "port": ours[1]}
            if each in theirs and each.get("port") == (backend.place or (0, 0))[1]
            else each
            for each in listed
        ]
        return {**body, "sockets": told}

    def announce(self, body: Json, tell: Callable[[Json], None]) -> None:
        """Tell the client the arguments of a child's `attach`, with the name of its session.

        The programs of our sessions are asked for it, the parent first: it may be a server that
        another program of ours has started and that forks for it.
        """
        pid = body.get("subProcessId")
        asked = [self._session, *self._session.server.others(self._session)]
        lock = threading.Lock()
        told = False

        def finish(name: str | None) -> None:
            nonlocal told
            with lock:
                first, told = not told, True
            if first:
                timer.cancel()
                tell(self.announced(body, name))

        def following(answer: Message | None = None) -> None:
            name = None if answer is None else runtime.named(answer)
            if name is not None or not asked or told:
                finish(name or ranked(pid or 0, self._session.absence.pid))
                return
            question: Message = {"type": "request", "command": "evaluate"}
            question["arguments"] = runtime.naming(pid or 0)
            asked.pop(0).send(question, "evaluate", following)

        timer = threading.Timer(PATIENCE, finish, (None,))
        timer.daemon = True
        if isinstance(pid, int):
            timer.start()
            following()
        else:
            finish(None)

    def ask(self, message: Message) -> None:
        """Hand `startDebugging` on to the client, with what it is to attach by."""
        session = self._session
        arguments = message.get("arguments") or {}
        configuration = arguments.get("configuration")
        if not isinstance(configuration, dict):
            session.peer.ask_client(session.client, message)
            return

        def tell(told: Json) -> None:
            asked = {**message, "arguments": {**arguments, "configuration": told}}
            session.peer.ask_client(session.client, asked)

        self.announce(configuration, tell)

    def announced(self, body: Json, name: str | None) -> Json:
        """The arguments of a child's `attach`, as the client is to send them."""
        session = self._session
        pid = body.get("subProcessId")
        place = session.peer.backend.place
        ours = session.server.place
        if not isinstance(pid, int) or place is None or ours is None:
            return body
        session.server.expect(pid, place)
        told = dict(body)
        for key in (*launch.OURS, "env"):
            told.pop(key, None)
            if key in self.arguments:
                told[key] = self.arguments[key]
        address = self.arguments.get("connect")
        if not (isinstance(address, dict) and session.server.is_ours(address.get("port"), None)):
            address = {"host": reachable(ours[0]), "port": ours[1]}
        told["connect"] = {**(body.get("connect") or {}), **address}
        told["name"] = f"{name} ({pid})" if name else body.get("name") or f"Subprocess {pid}"
        return told


def reachable(host: str) -> str:
    """The address to connect to for a host that is listened on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def ranked(pid: int, parent: int | None) -> str | None:
    """The rank of a child, if its environment says one that its parent's does not."""
    variables = environment(pid)
    before = environment(parent) if parent is not None else {}
    for variable in RANKS:
        rank = variables.get(variable)
        if rank is not None and rank != before.get(variable):
            return f"rank {rank}"
    return None


def environment(pid: int) -> dict[str, str]:
    """What a process of this machine was started with; nothing where that cannot be told."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            entries = stream.read().split(b"\0")
    except OSError:
        return {}
    pairs = (each.partition(b"=") for each in entries if b"=" in each)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
