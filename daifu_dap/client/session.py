"""The client itself: a dialogue with the adapter that reads from top to bottom."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from daifu_dap.client.errors import ClientError, RequestFailed, SessionEnded
from daifu_dap.client.looking import Looking
from daifu_dap.client.recovering import Recovering
from daifu_dap.client.wire import Reverse, Watch

INITIALIZE: dict[str, Any] = {
    "clientID": "daifu",
    "clientName": "DaiFu headless client",
    "adapterID": "daifu",
    "pathFormat": "path",
    "linesStartAt1": True,
    "columnsStartAt1": True,
    "supportsVariableType": True,
    "supportsRunInTerminalRequest": False,
}


Filters = Sequence[str | Mapping[str, str]]
"""Exception filters: names, or objects with `filterId` and `condition`."""


class Client(Looking, Recovering):
    """One debug session, driven from a script.

    Make one with :meth:`launch`, :meth:`attach` or :meth:`spawn`; use it as a context manager,
    which ends the session (and a launched program) on the way out.  Every wait has a deadline:
    ``timeout`` in seconds of the call, or the client's own when the call gives none.  A client may
    be used from several threads, but events go to whoever asks first.
    """

    _left = False

    # -- making a session ---------------------------------------------------------------------

    @classmethod
    def launch(
        cls,
        program: str | os.PathLike[str] | None = None,
        *,
        args: Sequence[str] = (),
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        breakpoints: Mapping[str, Sequence[int]] | None = None,
        filters: Filters | None = None,
        adapter: Sequence[str] | None = None,
        timeout: float = 30.0,
        reverse: Reverse | None = None,
        **attributes: Any,
    ) -> Self:
        """Start the adapter and a program under it; return once the program may run.

        ``program`` is the script (give ``module`` or ``code`` among the attributes instead for the
        other kinds of start), ``cwd`` its working folder (default: the script's own), ``env`` what
        is added to its environment, ``breakpoints`` lines by file, ``filters`` the exception
        filters to set, as for `set_filters` (None sends none, which leaves the crash barrier on),
        ``adapter`` the command of the adapter to start, and ``attributes`` any other launch
        attribute.  Child processes run without a debugger unless ``subProcess`` is given: then each
        of them waits until a client attaches to it.  Raises
        ``RequestFailed`` when the adapter refuses the launch.
        """
        if program is not None:
            program = os.path.abspath(program)
            attributes["program"] = program
            cwd = cwd or os.path.dirname(program)
        if cwd is not None:
            attributes["cwd"] = os.path.abspath(cwd)
        attributes |= {"args": list(args), "env": dict(env or {})}
        attributes.setdefault("console", "internalConsole")
        attributes.setdefault("subProcess", False)
        client = cls.spawn(adapter=adapter, cwd=cwd, timeout=timeout, reverse=reverse)
        client._begin("launch", attributes, breakpoints, filters)
        return client

    @classmethod
    def attach(
        cls,
        host: str,
        port: int,
        *,
        breakpoints: Mapping[str, Sequence[int]] | None = None,
        filters: Filters | None = None,
        timeout: float = 30.0,
        watch: Watch | None = None,
        **attributes: Any,
    ) -> Self:
        """Connect to an adapter that listens on ``host:port`` and attach to what it holds.

        Raises ``ClientError`` when nothing listens there, ``RequestFailed`` when the adapter
        refuses.
        """
        client = cls.connect(host, port, timeout=timeout, watch=watch)
        client._begin("attach", attributes, breakpoints, filters)
        return client

    def start(
        self,
        request: str,
        arguments: Mapping[str, Any],
        *,
        breakpoints: Mapping[str, Sequence[int]] | None = None,
        filters: Filters | None = None,
    ) -> None:
        """Go through ``initialize``, ``request`` (launch or attach) and ``configurationDone``.

        Raises ``RequestFailed`` when any of them fails.
        """
        token = arguments.get("accessToken") if request == "attach" else None
        shown = {"accessToken": token} if token is not None else {}
        self.capabilities = self.request("initialize", **INITIALIZE, **shown)
        seq = self.wire.send(request, dict(arguments))
        self._await_initialized(seq, request)
        for path, lines in (breakpoints or {}).items():
            self.set_breakpoints(path, lines)
        if filters is not None:
            self.set_filters(filters)
        self.request("configurationDone")
        self.wire.result(seq, request, self.timeout)

    def set_filters(self, filters: Filters) -> list[dict[str, Any]]:
        """Set the exception filters, and return a breakpoint for each.

        A filter is its name, or an object with `filterId` and `condition`; those with a condition
        come last in the answer.  Raises ``RequestFailed`` when they are no filters.
        """
        names = [each for each in filters if isinstance(each, str)]
        options = [dict(each) for each in filters if not isinstance(each, str)]
        asked: dict[str, Any] = {"filters": names, "filterOptions": options}
        body = self.request("setExceptionBreakpoints", **asked)
        return list(body.get("breakpoints") or ())

    def _begin(
        self,
        request: str,
        arguments: Mapping[str, Any],
        breakpoints: Mapping[str, Sequence[int]] | None,
        filters: Filters | None,
    ) -> None:
        """Start, and close everything again when the start fails."""
        try:
            self.start(request, arguments, breakpoints=breakpoints, filters=filters)
        except BaseException:
            self.close(grace=3.0)
            raise

    def _await_initialized(self, seq: int, request: str) -> None:
        """Wait for ``initialized``, or raise what the start request failed with."""
        self.wire.event_or_response("initialized", seq, self.timeout)
        if not self.wire.take("initialized"):
            self.wire.result(seq, request, self.timeout)
            raise SessionEnded(f"The answer to {request} came before initialized.")

    # -- ending -------------------------------------------------------------------------------

    def disconnect(self, terminate: bool | None = None) -> None:
        """End the session as an editor does; ``terminate`` overrides what becomes of the program.

        Does nothing when the adapter is already gone.
        """
        self._left = True
        with contextlib.suppress(RequestFailed, SessionEnded):
            self.request("disconnect", terminateDebuggee=terminate)

    def close(self, grace: float = 10.0) -> None:
        """End the session and the adapter; kill the adapter when it does not leave within ``grace``
        seconds.  A program that `disconnect` has left to itself stays.  Safe to call twice."""
        if not self.wire.ended and not self._left:
            with contextlib.suppress(ClientError):
                self.request("disconnect", terminateDebuggee=True, timeout=grace)
        self.vanish()
        if self.process is not None:
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def abandon(self) -> None:
        """End the adapter's connection and leave the program to what becomes of it."""
        self._left = True
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
