"""Who is let in: tokens, addresses, users; and that no token shows anywhere."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from daifu_dap.client import RequestFailed
from daifu_dap.common import nearby, token
from daifu_dap.recovery import requests

from .conftest import TIMEOUT, Project, dial, eventually
from .test_lost import MARK, processes, said
from .test_wire import Raw

LOST = "print([0][1])\nprint('end')\n"
TOKEN = "a-token-that-nobody-guesses-0123"


def command_lines(project: Project) -> str:
    return "\n".join(processes(project).values())


def test_an_address_that_others_can_reach_wants_a_token(project: Project) -> None:
    main = str(project.write("main.py", LOST))
    for command in (
        [sys.executable, "-m", "daifu_dap", "--listen", "0.0.0.0:0", main],
        [sys.executable, "-m", "daifu_dap", "--listen", ":0", main],
        [sys.executable, "-m", "daifu_dap", "--listen", "0.0.0.0: +0", main],  # int takes it
        [sys.executable, "-m", "daifu_dap.adapter", "--port", "0", "--host", "0.0.0.0"],
        [sys.executable, "-m", "daifu_dap", "-c", "__import__('debugpy').listen(('::', 0))"],
    ):
        program = project.run(command, DAIFU_ON_CRASH="raise")
        out, err = program.communicate(timeout=TIMEOUT)
        assert program.returncode and "--access-token-file FILE" in err, (command, err)
        assert "end" not in out
    wrong = [sys.executable, "-m", "daifu_dap", "--listen", "0.0.0.0:http", main]
    program = project.run(wrong)
    _, err = program.communicate(timeout=TIMEOUT)
    assert program.returncode and "invalid port number" in err
    client = project.spawn()
    client.request("initialize", adapterID="x")
    for listen in ({"host": "0.0.0.0", "port": 0}, {"host": "::", "port": 0}):
        with pytest.raises(RequestFailed, match="accessToken"):
            client.request("attach", listen=listen)


def test_a_token_is_made_kept_closed_and_asked_for_before_anything(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    main = project.write("main.py", LOST)
    secret = project.folder / "token"
    address = ["--access-token-file", str(secret), "--listen", "0.0.0.0:0"]
    logs = project.folder / "logs"
    program = project.run(
        [sys.executable, "-m", "daifu_dap", *address, "--log-to", str(logs), str(main)]
    )
    port = said(program)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    value = secret.read_text().strip()
    assert len(value) == 64

    stranger = Raw(dial(port))
    stranger.sock.setblocking(True)
    answer = stranger.response(stranger.request("initialize", {"adapterID": "x"}))
    assert not answer["success"] and "access token" in answer["message"]
    assert [each["type"] for each in stranger.seen] == ["response"]  # and not one event
    assert stranger.stream.read() == b""
    for garbage in (b"Content-Length: 99999999\r\n\r\n", b"\xff" * 5000, b"[" * 70000, b"\r\n"):
        stranger = Raw(dial(port))
        stranger.send(garbage)
        assert stranger.stream.read() == b""
    with pytest.raises(RequestFailed, match="access token"):
        project.attach(port, accessToken=value[:-1] + "é")

    # An editor's client cannot give a token in `initialize`; an adapter of its own can.
    client = project.spawn()
    client.start("attach", {"connect": {"host": "127.0.0.1", "port": port}, "accessToken": value})
    assert client.wait_crash().line == 1
    assert value not in command_lines(project)
    client.vanish()
    client = project.attach(said(program), accessToken=value)
    client.wait_crash()
    client.resolve("skip")
    out, err = program.communicate(timeout=TIMEOUT)
    assert "end" in out and value not in err
    written = [each for each in project.folder.rglob("*") if each.is_file() and each != secret]
    assert len([each for each in written if each.suffix == ".log"]) >= 2
    found = [each for each in written if re.search(rb"[0-9a-f]{64}", each.read_bytes())]
    assert not found, [found[0], found[0].read_text()[-3000:]]


FAMILY = """\
import multiprocessing, subprocess, sys, time
if __name__ == "__main__":
    {start}
    print([0][1])
    child = subprocess.Popen([sys.executable, "child.py"])
    multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,)).start()
    time.sleep(600)
"""
SHOWN = re.compile(r"[0-9a-f]{32}|access.token\W{1,9}(?!None|same-user)\w")


@pytest.mark.parametrize("start", ["launch", "listen"])
def test_no_token_is_in_a_command_line(
    project: Project, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    project.write("child.py", "import time\ntime.sleep(600)\n")
    if start == "launch":
        client = project.launch(FAMILY.format(start="pass"), subProcess=True)
    else:
        text = FAMILY.format(start="__import__('debugpy').listen(0)")
        main = project.write("main.py", text)
        program = project.run([sys.executable, "-m", "daifu_dap", str(main)])
        client = project.attach(said(program), subProcess=True)
    client.wait_crash()
    client.resolve("skip")
    for _ in range(2):  # both are debugged, and known without a token
        assert client.wait_event("debugpyAttach")["subProcessId"]
    shown = command_lines(project)
    if start == "launch":  # which a program may hand to another one that is to connect
        asked = "__import__('debugpy').get_cli_options().adapter_access_token"
        assert "same-user" in client.request("evaluate", expression=asked)["result"]
    for pid in processes(project):
        with contextlib.suppress(ProcessLookupError):  # they end with one another
            os.kill(pid, signal.SIGKILL)
    assert "child.py" in shown and "pydevd" in shown
    assert not SHOWN.search(shown), shown


def test_a_token_of_the_command_line_is_wiped_and_warned_of(project: Project) -> None:
    adapter = project.run(
        [sys.executable, "-m", "daifu_dap.adapter", "--port", "0", "--access-token", TOKEN]
    )
    assert adapter.stderr is not None
    assert "others may have read it" in adapter.stderr.readline()
    port = int(adapter.stderr.readline().rsplit(":", 1)[1])
    shown = Path(f"/proc/{adapter.pid}/cmdline").read_bytes()
    assert b"--access-token" in shown and TOKEN.encode() not in shown
    with pytest.raises(RequestFailed, match="access token"):
        project.attach(port)
    raw = Raw(dial(port))
    assert raw.response(raw.request("initialize", {"accessToken": TOKEN}))["success"]


def test_the_command_for_a_crash_is_not_told_a_token_of_the_command_line(project: Project) -> None:
    main = str(project.write("main.py", LOST))
    options = ["--access-token", TOKEN, "--on-crash", "cat > part; mv part called"]
    program = project.run([sys.executable, "-m", "daifu_dap", *options, main])
    called = project.folder / "called"
    eventually(called.exists, TIMEOUT)
    told = json.loads(called.read_text())
    assert told["pid"] == program.pid and told["program"][-1] == main
    assert "--access-token" in told["program"] and TOKEN not in called.read_text()


def test_pydevd_is_shown_no_token_that_is_not_right() -> None:
    shown: list[object] = []

    class Authentication:
        access_token: str | None = TOKEN

        def login(self, access_token: object) -> None:
            shown.append(access_token)

    requests.compare_slowly(Authentication)
    requests.compare_slowly(Authentication)
    asked = Authentication()
    for given in (TOKEN, TOKEN[:-1], None, 3, "é"):
        asked.login(given)
    asked.access_token = None
    asked.login("any")
    assert shown == [TOKEN, None, None, None, None, "any"]


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        (TOKEN, 0o644, "chmod 600"),
        (TOKEN, 0o660, "chmod 600"),
        ("short", 0o600, "16 characters"),
        ("", 0o600, "16 characters"),
        ("two words that are long enough", 0o600, "no spaces"),
    ],
)
def test_a_token_that_others_may_know_is_none(
    tmp_path: Path, text: str, mode: int, reason: str
) -> None:
    path = tmp_path / "token"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(token.BadToken, match=reason) as found:
        token.read(path)
    assert TOKEN not in str(found.value)
    with pytest.raises(token.BadToken):
        token.read(tmp_path)
    with pytest.raises(token.BadToken):
        token.read(tmp_path / "none")


def test_a_token_of_the_environment_goes_to_no_child(project: Project) -> None:
    main = project.write("main.py", "import os\nprint([0][1])\nprint(os.environ)\n")
    program = project.run([sys.executable, "-m", "daifu_dap", str(main)], DAIFU_ACCESS_TOKEN=TOKEN)
    port = said(program)
    with pytest.raises(RequestFailed, match="access token"):
        project.attach(port)
    client = project.attach(port, accessToken=TOKEN)
    client.wait_crash()
    client.resolve("skip")
    assert program.communicate(timeout=TIMEOUT)[0].count(TOKEN) == 0


def test_a_program_from_elsewhere_must_know_the_token(project: Project) -> None:
    main = project.write("main.py", "x = [0]\nprint(x[1])\n")
    secret = project.folder / "token"
    assert token.read(secret, make=True) == token.read(secret)
    client = project.spawn()
    client.request("initialize", adapterID="x")
    arguments = {"listen": {"host": "0.0.0.0", "port": 0}, "accessToken": token.read(secret)}
    seq = client.wire.send("attach", arguments)
    port = client.wait_event("debugpyWaitingForServer")["port"]
    command = [sys.executable, "-m", "daifu_dap", "--connect", f"127.0.0.1:{port}"]
    silent = dial(port)  # and keeps nobody out
    bad = project.run([*command, str(project.write("bad.py", "print('alone')\n"))])
    good = project.run([*command, "--access-token-file", str(secret), str(main)])
    client.wait_event("initialized")
    client.request("configurationDone")
    client.wire.result(seq, "attach", TIMEOUT)
    client.wait_crash()
    client.resolve("skip")
    assert good.wait(TIMEOUT) == 0
    silent.close()
    out, err = bad.communicate(timeout=TIMEOUT)
    assert (bad.returncode, out) == (0, "alone\n")
    assert "runs without a debugger: the adapter has closed the connection" in err
    assert "Traceback" not in err


def test_a_program_whose_adapter_ends_before_a_client_is_there_runs_on(project: Project) -> None:
    main = project.write("main.py", "print('alone')\n")
    with socket.create_server(("127.0.0.1", 0)) as adapter:
        address = f"127.0.0.1:{adapter.getsockname()[1]}"
        program = project.run([sys.executable, "-m", "daifu_dap", "--connect", address, str(main)])
        adapter.accept()[0].close()
        out, err = program.communicate(timeout=TIMEOUT)
    assert (program.returncode, out) == (0, "alone\n")
    assert "runs without a debugger: the adapter has closed the connection" in err


@pytest.mark.skipif(os.getuid() != 0 or not nearby.known(), reason="needs root, to be another user")
def test_another_user_of_the_machine_is_turned_away(project: Project) -> None:
    project.crashed(LOST, onDisconnect="hold").vanish()
    held = project.folder / ".daifu"
    eventually(lambda: list(held.glob("held-*.json")))
    port = json.loads(next(held.glob("held-*.json")).read_text())["port"]
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgid(65534)
            os.setuid(65534)
            raw = Raw(dial(port))
            os.write(tell, raw.response(raw.request("initialize"))["message"].encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert b"belongs to another user" in os.read(told, 1000)
    client = project.attach(port)
    client.wait_crash()
    client.resolve("skip")
    assert client.wait_exit() == 0


def test_the_kernel_tells_whose_a_connection_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = dial(server.getsockname()[1])
        other, _address = server.accept()
        with other:
            assert nearby.owner(other) == (os.getuid() if nearby.known() else None)
            one.close()
            assert nearby.owner(other) is None  # and not root's, to whom what is closed belongs
    assert [nearby.loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.9.9.9")] == [
        True
    ] * 4
    for host in ("", "0.0.0.0", "::", "192.168.1.1", "127.0.0.1.example.org"):
        assert not nearby.loopback(host)


def test_a_token_that_cannot_be_used_loses_no_program(project: Project) -> None:
    secret = project.folder / "token"
    secret.write_text(TOKEN)
    secret.chmod(0o644)
    text = "import daifu_dap\n@daifu_dap.transform()\ndef main():\n    print([0][1])\nmain()\n"
    main = project.write("main.py", text)
    program = project.run([sys.executable, str(main)], DAIFU_ACCESS_TOKEN_FILE=str(secret))
    assert program.stderr is not None
    while "Held until that is mended" not in (line := program.stderr.readline()):
        assert line, "the program has ended"
    assert "chmod 600" in line and TOKEN not in line
    secret.chmod(0o600)
    client = project.attach(said(program), accessToken=TOKEN)
    assert client.wait_crash().line == 4
    client.resolve("skip")
    assert program.wait(TIMEOUT) == 0
