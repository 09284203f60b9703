"""The adapter is gone before the program has begun: it never waits forever."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from daifu_dap.client.session import INITIALIZE
from daifu_dap.recovery import credentials, refused

from .conftest import TIMEOUT, Project, eventually
from .test_listener import TOKEN
from .test_lost import BEATING, MARK, kill, next_client, processes

PROGRAM = (
    BEATING
    + """\
Path("pid").write_text(str(os.getpid()))
left = 0
Path("out").write_text(str(6 / left))
"""
)


@pytest.mark.parametrize("victim", ["adapter", "debugpy"])
@pytest.mark.parametrize("wish", ["hold", "terminate"])
def test_a_launched_program_runs_on_or_ends_as_it_was_asked_for(
    project: Project, monkeypatch: pytest.MonkeyPatch, wish: str, victim: str
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    main = project.write("main.py", PROGRAM)
    client = project.spawn()
    client.request("initialize", **INITIALIZE)
    launched = {"program": str(main), "cwd": str(project.folder), "onDisconnect": wish}
    client.wire.send("launch", {**launched, "console": "internalConsole"})
    client.wait_event("initialized")
    kill(project, victim, client)
    pid, out = project.folder / "pid", project.folder / "out"
    if wish == "hold":
        eventually(lambda: pid.exists() and pid.read_text(), TIMEOUT)
        client = next_client(project, None, int(pid.read_text()))
        assert client.wait_crash().exception_type == "ZeroDivisionError"
        client.evaluate("left = 2", context="repl")
        client.resolve("retry")
        eventually(lambda: out.exists() and out.read_text() == "3.0")
        client.close()
    eventually(lambda: not processes(project), TIMEOUT)
    assert pid.exists() == (wish == "hold")


@pytest.mark.parametrize(
    ("keep", "token", "waits"),
    [
        ("0", credentials.NO_SECRET, True),
        ("0", TOKEN, True),  # as on systems that do not tell whose a connection is
        ("1", credentials.NO_SECRET, False),
        ("1", TOKEN, False),
        (None, credentials.NO_SECRET, True),  # the launcher's, by `sudo`
        (None, TOKEN, False),
        (None, None, False),
    ],
)
def test_only_what_its_launcher_ends_waits_for_an_adapter_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    keep: str | None,
    token: str | None,
    waits: bool,
) -> None:
    monkeypatch.delenv(refused.KEEP, raising=False)
    if keep is not None:
        monkeypatch.setenv(refused.KEEP, keep)
    debugger: Any = SimpleNamespace(ready_to_run=False, pydb_disposed=True)
    debugger.authentication = SimpleNamespace(client_access_token=token)

    class Waiting(Exception):
        pass

    def process_internal_commands() -> None:
        raise Waiting

    debugger.process_internal_commands = process_internal_commands
    if waits:
        with pytest.raises(Waiting):
            refused._wait(debugger)
        return
    refused._wait(debugger)
    assert debugger.ready_to_run and debugger.enable_tracing() is None
    said = capsys.readouterr().err
    assert "runs without a debugger" in said
    assert ("another access token" in said) == (token != credentials.NO_SECRET)
