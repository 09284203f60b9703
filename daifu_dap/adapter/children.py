"""Child processes: each has a session of its own, which comes in by our door.

debugpy announces a child to the client by an event (`debugpyAttach`) or a request
(`startDebugging`) with the arguments of the `attach` that leads to it.  They name the port of
debugpy's own adapter; here they name ours, and in the child's `attach` it is put back.  What was
taken out of or put into the parent's arguments here is undone as well, so that the child's session
is asked for as the parent's was.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from daifu_dap.adapter import launch

if TYPE_CHECKING:
    from daifu_dap.adapter.session import Session

Json = dict[str, Any]

RANKS = ("RANK", "LOCAL_RANK")
"""Variables by which launchers of distributed trainings tell a process which one it is."""


class Children:
    """The child processes of one session's program."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.arguments: Json = {}
        """What the client's `launch` or `attach` said, ours included."""

    def sockets(self, body: Json) -> Json:
        """`debugpySockets` with our door in place of debugpy's."""
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

    def announced(self, body: Json) -> Json:
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
        door = self.arguments.get("connect")
        if not (isinstance(door, dict) and session.server.is_ours(door.get("port"), None)):
            door = {"host": reachable(ours[0]), "port": ours[1]}
        told["connect"] = {**(body.get("connect") or {}), **door}
        told["name"] = named(pid, str(body.get("name") or f"Subprocess {pid}"))
        return told

    def asked(self, arguments: Json) -> Json:
        """The arguments of `startDebugging`, as the client is to have them."""
        configuration = arguments.get("configuration")
        if not isinstance(configuration, dict):
            return arguments
        return {**arguments, "configuration": self.announced(configuration)}


def reachable(host: str) -> str:
    """The address to connect to for a host that is listened on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def named(pid: int, name: str) -> str:
    """The name of a child's session: its rank, if its environment says one that ours does not."""
    variables = environment(pid)
    for variable in RANKS:
        rank = variables.get(variable)
        if rank is not None and rank != os.environ.get(variable):
            return f"rank {rank} ({pid})"
    return name


def environment(pid: int) -> dict[str, str]:
    """What a process of this machine was started with; nothing where that cannot be told."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            entries = stream.read().split(b"\0")
    except OSError:
        return {}
    pairs = (each.partition(b"=") for each in entries if b"=" in each)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}
