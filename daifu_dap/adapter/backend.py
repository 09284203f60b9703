"""debugpy's own adapter, as this process sees it: a child on stdio, or a peer on a socket.

A child is run by `theirs.py` and dies with this process, however that ends."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence

from daifu_dap.adapter.channel import Channel

THEIRS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "theirs.py")

PATIENCE = 5.0
"""Seconds that debugpy's adapter gets to leave by itself before it is killed."""


class Backend:
    """One debugpy adapter to talk to; `channel` is the connection.

    `place` is where it takes clients, as far as that is known yet.
    """

    def __init__(
        self,
        channel: Channel,
        process: subprocess.Popen[bytes] | None = None,
        place: tuple[str, int] | None = None,
        lifeline: int | None = None,
    ) -> None:
        self.channel = channel
        self.process = process
        self.place = place
        self._lifeline = lifeline

    @classmethod
    def spawn(cls, arguments: Sequence[str] = ()) -> Backend:
        """Start a debugpy adapter that speaks on its stdio.

        Its environment is ours without `DEBUGPY_ADAPTER_ENDPOINTS`, which means our own sockets.
        Raises `OSError` when it cannot be started.
        """
        env = dict(os.environ)
        env.pop("DEBUGPY_ADAPTER_ENDPOINTS", None)
        with lifeline() as (theirs, ours):
            process = subprocess.Popen(
                [sys.executable, THEIRS, str(theirs), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=env,
                pass_fds=(theirs,),
            )
        assert process.stdin is not None and process.stdout is not None
        return cls(Channel("debugpy", process.stdout, process.stdin), process, lifeline=ours)

    @classmethod
    def connect(cls, host: str, port: int, timeout: float = 10.0) -> Backend:
        """Connect to a debugpy adapter that listens, such as the one of `debugpy.listen`.

        Raises `OSError` when nothing answers there.
        """
        sock = socket.create_connection((host, port), timeout)
        return cls(Channel.over("debugpy", sock), place=(host, port))

    def tell(self, secrets: dict[str, str]) -> None:
        """Hand secrets to a debugpy adapter that is our child, past its logs and command line."""
        if self._lifeline is not None:
            os.write(self._lifeline, json.dumps(secrets).encode() + b"\n")

    def close(self) -> None:
        """End the conversation and, for a child, wait until it is gone."""
        self.channel.close()
        if self.process is None:
            return
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


@contextlib.contextmanager
def lifeline(secrets: dict[str, str] | None = None) -> Iterator[tuple[int, int]]:
    """Make the pipe whose end tells debugpy's adapter that this process is gone.

    Yields the end for `theirs.py`, which is closed behind the block, and ours, which stays open
    unless the block fails. `secrets` are handed over by it.
    """
    theirs, ours = os.pipe()
    try:
        os.write(ours, json.dumps(secrets or {}).encode() + b"\n")
        yield theirs, ours
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
