"""Which clients are let in, before anything of theirs is heeded.

With a token, the first message of a client must be `initialize` with the `accessToken` among its
arguments.  It is read with a deadline and a small limit, compared in constant time, and only then
is there a session; whoever has not got it learns that one is wanted, and nothing else.

Without a token clients come to a loopback port.  Where the kernel tells whose a connection is
(`common.nearby`), only this user and root are let in.  Clients may wait for the first events before
they send anything, so they get their session at once; one that never sends a whole message is let
go after a while, and only so many may be in that state.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from daifu_dap.adapter.channel import Channel
from daifu_dap.adapter.replies import failure
from daifu_dap.common import nearby, token
from daifu_dap.common.framing import FramingError, Message

FIRST = 30.0
"""Seconds until the first message of a client must be there."""

PROOF = 10.0
"""Seconds until the first message must be there of a client that must have a token, or goes."""

ROOM = 16
"""Clients that may be on their way in."""

LONGEST = 1 << 16
"""Bytes of the longest first message of a client that must have a token."""

BUSY = "Another client is attached to this program; try again when it has left."
EARLY = "A program is held here; `initialize` and `attach` come first."
STRANGER = (
    "This debugger belongs to another user of the machine. Only with an access token can others "
    "attach to it."
)
WANTED = (
    "An access token is wanted here: attach with `accessToken` by an adapter of your own (`connect`"
    " to this address), or give it as `accessToken` among the arguments of `initialize`."
)


class Gate:
    """The way in of one listener; safe to use from any thread."""

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted
        self._lock = threading.Lock()
        self._silent: list[Channel] = []

    def admits(self, client: Channel, connection: socket.socket) -> bool:
        """Tell whether a client is let in; one that is not is told why, and gone.

        Waits for what the client has to say, so it is for a thread of its own.
        """
        if self.wanted is None:
            if nearby.ours(connection) is False:
                self.refuse(client, STRANGER)
                return False
            self._watch(client, FIRST)
            return True
        message = self._first(client)
        if message is None:
            return False
        arguments = message.get("arguments")
        given = arguments.pop("accessToken", None) if isinstance(arguments, dict) else None
        if message.get("command") == "initialize" and token.same(self.wanted, given):
            return True
        self._answer(client, message, WANTED)
        return False

    def refuse(self, client: Channel, why: str) -> None:
        """Answer the first request of a client with a failure, and close its connection."""
        message = client.said or self._first(client)
        if message is not None:
            self._answer(client, message, why)

    def _answer(self, client: Channel, message: Message, why: str) -> None:
        with contextlib.suppress(Exception):
            seq = message.get("seq")
            known = isinstance(seq, int) and not isinstance(seq, bool)
            asked = {"seq": seq if known else 0, "command": str(message.get("command"))[:100]}
            client.post(failure(asked, why))
        client.close()

    def speaks(self, client: Channel) -> bool:
        """Wait until a client has said `initialize`, which its session then hears; tell whether it
        has, and let it go if not."""
        message = self._first(client, FIRST)
        if message is not None and message.get("command") != "initialize":
            self._answer(client, message, EARLY)
            return False
        return message is not None

    def _first(self, client: Channel, seconds: float = PROOF) -> Message | None:
        """The first message of a client that may not come in yet; None if there is none, and the
        client is gone then."""
        self._watch(client, seconds)
        try:
            message = client.ask_first(LONGEST)
        except (FramingError, OSError, ValueError):
            message = None
        if message is None:
            client.close(0)
        client.heard = message is not None
        return message

    def _watch(self, client: Channel, seconds: float) -> None:
        """See to it that a client says something in time, and that few are silent at once."""
        with self._lock:
            silent = [each for each in self._silent if each.open and not each.heard]
            excess = silent[: max(0, len(silent) + 1 - ROOM)]
            self._silent = [*silent[len(excess) :], client]
        for each in excess:
            each.give_up("too many clients connect and say nothing")
        watch = threading.Timer(seconds, self._look, (client, seconds))
        watch.daemon = True
        watch.start()

    def _look(self, client: Channel, seconds: float) -> None:
        if client.open and not client.heard:
            client.give_up(f"has said nothing in {seconds:g} s")
