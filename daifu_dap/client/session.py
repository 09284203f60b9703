"""The client itself: a dialogue with the adapter that reads from top to bottom."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from daifu_dap.client.errors import ClientError, RequestFailed, SessionEnded
from daifu_dap.client.records import CrashInfo, Frame, Stop, Variable
from daifu_dap.client.wire import Reverse, Watch, Wire

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


class Client:
    """One debug session, driven from a script.

    Make one with :meth:`launch`, :meth:`attach` or :meth:`spawn`; use it as a context manager,
    which ends the session (and a launched program) on the way out.  Every wait has a deadline:
    ``timeout`` in seconds of the call, or the client's own when the call gives none.  A client may
    be used from several threads, but events go to whoever asks first.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        process: subprocess.Popen[bytes] | None = None,
        sock: socket.socket | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Wrap an open connection; most callers want :meth:`launch` or :meth:`attach`."""
        self.wire = wire
        self.process = process
        self.timeout = timeout
        self.capabilities: dict[str, Any] = {}
        self.stderr: list[str] = []
        self._sock = sock
        self._start: tuple[int, str] | None = None
        self._last_crash: CrashInfo | None = None
        self._left = False
        if process is not None and process.stderr is not None:
            threading.Thread(
                target=self._drain, args=(process.stderr,), name="adapter stderr", daemon=True
            ).start()

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

    @classmethod
    def spawn(
        cls,
        *,
        adapter: Sequence[str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        timeout: float = 30.0,
        reverse: Reverse | None = None,
        watch: Watch | None = None,
    ) -> Self:
        """Start the adapter on stdio and send nothing yet.

        ``reverse`` answers the adapter's own requests, such as ``runInTerminal``.
        """
        command = list(adapter or (sys.executable, "-m", "daifu_dap.adapter"))
        package = str(Path(__file__).resolve().parents[2])
        search = os.environ.get("PYTHONPATH")
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=os.environ
            | {"PYTHONPATH": f"{package}{os.pathsep}{search}" if search else package},
        )
        assert process.stdin is not None and process.stdout is not None
        wire = Wire(process.stdout, process.stdin, reverse, watch)
        return cls(wire, process=process, timeout=timeout)

    @classmethod
    def connect(
        cls, host: str, port: int, *, timeout: float = 30.0, watch: Watch | None = None
    ) -> Self:
        """Connect to an adapter that listens on ``host:port`` and send nothing yet.

        Raises ``ClientError`` when nothing listens there.
        """
        try:
            sock = socket.create_connection((host, port), timeout)
        except OSError as error:
            raise ClientError(f"No adapter answers on {host}:{port}: {error}.") from error
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(sock.makefile("rb"), sock.makefile("wb"), watch=watch)
        return cls(wire, sock=sock, timeout=timeout)

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
        self._start = (seq, request)
        self._await_initialized()
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

    # -- waiting ------------------------------------------------------------------------------

    def wait_event(self, name: str, timeout: float | None = None) -> dict[str, Any]:
        """Return the body of the next event called ``name`` (each event is handed out once).

        Raises ``Timeout``, or ``SessionEnded`` when the adapter goes away first.
        """
        return self.wire.event(name, self.timeout if timeout is None else timeout)

    def wait_stopped(self, timeout: float | None = None) -> Stop:
        """Return the next stop, whatever its reason.  Raises as :meth:`wait_event`."""
        body = self.wait_event("stopped", timeout)
        return Stop(
            str(body.get("reason") or ""),
            body.get("threadId"),
            str(body.get("description") or ""),
            str(body.get("text") or ""),
            bool(body.get("allThreadsStopped")),
        )

    def wait_crash(self, timeout: float | None = None) -> CrashInfo:
        """Wait until the program is held at a crash and return what is known of it.

        Takes the event ``daifu/crash`` and the ``stopped`` that follows it.  Raises as
        :meth:`wait_event`.
        """
        body = self.wait_event("daifu/crash", timeout)
        stop = self.wait_stopped(timeout)
        self._last_crash = CrashInfo.parse(body, stop.thread_id or 0)
        return self._last_crash

    def wait_recovered(self, timeout: float | None = None) -> dict[str, Any]:
        """Return the body of the next ``daifu/recovered``.  Raises as :meth:`wait_event`."""
        return self.wait_event("daifu/recovered", timeout)

    def wait_output(
        self, text: str, category: str | None = "stdout", timeout: float | None = None
    ) -> None:
        """Wait until the program has printed ``text``.  Raises as :meth:`wait_event`."""
        self.wire.wait_output(text, category, self.timeout if timeout is None else timeout)

    def wait_exit(self, timeout: float | None = None) -> int:
        """Wait for the program's end and return its exit code.

        Raises ``Timeout`` when it runs on, ``SessionEnded`` when the adapter ends without telling a
        code.
        """
        code = int(self.wait_event("exited", timeout).get("exitCode", -1))
        self.wait_event("terminated", timeout)
        return code

    def output(self, category: str | None = "stdout") -> str:
        """Return what the program printed so far: ``stdout``, ``stderr``, ``console``, or None for
        everything."""
        return self.wire.output(category)

    # -- looking ------------------------------------------------------------------------------

    def request(
        self, command: str, *, timeout: float | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Send any request and return the body of its answer.

        Arguments that are None are left out.  Raises ``RequestFailed`` for an answer without
        success, ``Timeout`` and ``SessionEnded``.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        seq = self.wire.send(command, given)
        return self.wire.result(seq, command, self.timeout if timeout is None else timeout)

    def threads(self) -> dict[int, str]:
        """Return the names of the program's threads by number."""
        found = self.request("threads").get("threads") or ()
        return {int(thread["id"]): str(thread["name"]) for thread in found}

    def stack(self, thread_id: int | None = None, levels: int | None = None) -> list[Frame]:
        """Return the frames of a stopped thread, innermost first (default: the crashed one)."""
        body = self.request("stackTrace", threadId=self._thread(thread_id), levels=levels)
        return [
            Frame(
                int(entry["id"]),
                str(entry["name"]),
                str((entry.get("source") or {}).get("path") or ""),
                int(entry["line"]),
                int(entry.get("column") or 1),
            )
            for entry in body.get("stackFrames") or ()
        ]

    def variables(self, reference: int) -> list[Variable]:
        """Return what is behind a variables reference."""
        body = self.request("variables", variablesReference=reference)
        return [
            Variable(
                str(entry["name"]),
                str(entry["value"]),
                str(entry.get("type") or ""),
                int(entry.get("variablesReference") or 0),
            )
            for entry in body.get("variables") or ()
        ]

    def locals(self, frame: Frame | int | None = None) -> dict[str, Variable]:
        """Return the local variables of a frame by name (default: the crashed frame)."""
        scopes = self.request("scopes", frameId=self._frame(frame)).get("scopes") or ()
        for scope in scopes:
            if scope.get("presentationHint") == "locals" or scope.get("name") == "Locals":
                return {entry.name: entry for entry in self.variables(scope["variablesReference"])}
        return {}

    def evaluate(
        self, expression: str, frame: Frame | int | None = None, context: str = "repl"
    ) -> str:
        """Evaluate or run ``expression`` in a frame (default: the crashed one) and return the text
        of its value.  Raises ``RequestFailed`` with the program's traceback when it raises."""
        body = self.request(
            "evaluate", expression=expression, frameId=self._frame(frame), context=context
        )
        return str(body.get("result") or "")

    def set_breakpoints(
        self, path: str | os.PathLike[str], lines: Sequence[int]
    ) -> list[dict[str, Any]]:
        """Replace the breakpoints of a file and return what became of each."""
        body = self.request(
            "setBreakpoints",
            source={"path": os.path.abspath(path)},
            breakpoints=[{"line": line} for line in lines],
        )
        return list(body.get("breakpoints") or ())

    # -- recovering ---------------------------------------------------------------------------

    def describe(self, thread_id: int | None = None) -> CrashInfo:
        """Ask again what is known of the crash a thread is held at."""
        body = self.request("daifu/describe", threadId=thread_id)
        return CrashInfo.parse(body, thread_id or 0)

    def cells(self, path: str | os.PathLike[str]) -> list[dict[str, Any]]:
        """Return every cell of a loaded file."""
        return list(self.request("daifu/cells", source=_source(path)).get("cells") or ())

    def validate(
        self, path: str | os.PathLike[str], text: str | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Ask what an edit would do without doing it (``text`` None: the file on disk).

        Returns ``status``, ``resumeAt``, ``effects``, ``refusals`` and ``warnings``.
        """
        return self.request("daifu/validate", source=_source(path), text=text, **arguments)

    def replace_cell(
        self, path: str | os.PathLike[str], text: str | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Apply an edit and stay stopped.  Raises ``RequestFailed`` when it is refused."""
        return self.request("daifu/replaceCell", source=_source(path), text=text, **arguments)

    def replace_cell_and_continue(
        self, path: str | os.PathLike[str], text: str | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Apply an edit, all or nothing, and let the program go on from the crashed cell.

        ``text`` is the whole new text of the file, None takes the file on disk; ``cell`` and
        ``code`` replace one cell instead.  Raises ``RequestFailed`` with its refusals, and then
        nothing has changed.
        """
        return self.request(
            "daifu/replaceCellAndContinue", source=_source(path), text=text, **arguments
        )

    def resolve(
        self, action: str, thread_id: int | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Leave the crash another way: ``retry``, ``skip``, ``raise``, ``return`` (with ``value``),
        ``restartFrame`` (with ``frameId``) or ``goto`` (with ``line``).

        Raises ``RequestFailed`` when it cannot be done.
        """
        return self.request("daifu/resolve", threadId=thread_id, action=action, **arguments)

    def journal(self) -> list[dict[str, Any]]:
        """Return what was recovered in this session."""
        return list(self.request("daifu/journal").get("entries") or ())

    def continue_(self, thread_id: int | None = None) -> dict[str, Any]:
        """Send a plain ``continue``.  At a crash stop this applies what was saved and retries."""
        return self.request("continue", threadId=self._thread(thread_id))

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

    def vanish(self) -> None:
        """Drop the connection without a word, as a client that dies does."""
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        if self._sock is not None:
            self.wire.close()
            self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- inside -------------------------------------------------------------------------------

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

    def _await_initialized(self) -> None:
        """Wait for ``initialized``, or raise what the start request failed with."""
        assert self._start is not None
        seq, request = self._start
        self.wire.event_or_response("initialized", seq, self.timeout)
        if not self.wire.take("initialized"):
            self.wire.result(seq, request, self.timeout)
            raise SessionEnded(f"The answer to {request} came before initialized.")

    def _thread(self, thread_id: int | None) -> int:
        """Return the thread to speak of."""
        if thread_id is not None:
            return thread_id
        if self._last_crash is None:
            raise ClientError("No crash was waited for; give a thread_id.")
        return self._last_crash.thread_id

    def _frame(self, frame: Frame | int | None) -> int:
        """Return the frame to speak of."""
        if isinstance(frame, Frame):
            return frame.id
        if frame is not None:
            return frame
        crash = self._last_crash
        known = [each for each in crash.frames if each.frame_id is not None] if crash else []
        if known:
            # A frame of a library may have raised, further in than the crashed one.
            crashed = next((each for each in known if each.resumable), known[0])
            assert crashed.frame_id is not None
            return crashed.frame_id
        return self.stack()[0].id

    def _drain(self, stream: IO[bytes]) -> None:
        """Keep what the adapter says on stderr."""
        for line in stream:
            self.stderr.append(line.decode("utf-8", "replace"))


def _source(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the DAP ``Source`` of a file."""
    return {"path": os.path.abspath(path)}
