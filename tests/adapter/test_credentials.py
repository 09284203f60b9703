"""Children of a program that connects to an adapter elsewhere: how they learn the access token."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import debugpy
import pytest

from daifu_dap.adapter import theirs
from daifu_dap.client import Client
from daifu_dap.recovery import credentials

from .conftest import TIMEOUT, Project, eventually
from .test_children import attach, mend
from .test_listener import TOKEN, command_lines
from .test_lost import MARK

PYDEVD = str(Path(debugpy.__file__).parent / "_vendored" / "pydevd")
SETUP = "_get_setup_updated_with_protocol_and_ppid"
WORK = """\
import json, os, subprocess, sys

def read(process):
    with open(f"/proc/{process}/cmdline") as stream:
        return stream.read().split("\\0")[:-1]

def work(name):
    seen = {"argv": sys.argv, "own": read("self"), "parents": read(os.getppid())}
    seen["environment"] = dict(os.environ)
    seen["foreign"] = subprocess.run(
        "env; tr '\\\\0' ' ' < /proc/self/cmdline; ls -l /proc/self/fd",
        shell=True, capture_output=True, text=True, close_fds=False,
    ).stdout
    with open(f"seen-{name}", "w") as stream:
        json.dump(seen, stream)
    left = 0
    print(name, "goes on with", 6 / left, flush=True)

if __name__ == "__main__":
    if sys.argv[1] == "grandchild":
        subprocess.run([sys.executable, "work.py", "script", *sys.argv[2:]], check=True)
    else:
        work(sys.argv[1])
"""
CODE = "import sys; sys.path.insert(0, '.'); import work; work.work('code')"
STARTS = {
    "script": (["work.py", "script", "-m", "x y"], ["work.py", "script", "-m", "x y"]),
    "module": (["-m", "work", "module", "--file"], ["work.py", "module", "--file"]),
    "code": (["-c", CODE, "code", "it's"], ["-c", "code", "it's"]),
    "isolated": (["-I", "work.py", "isolated"], ["work.py", "isolated"]),
    "isolated code": (["-Ic", CODE, "x"], ["-c", "x"]),
    "grandchild": (["work.py", "grandchild", "1"], ["work.py", "script", "1"]),
}
"""How a child is started, and what it sees of that."""


def connect(project: Project, text: str, *options: str, **env: str) -> tuple[Client, Any]:
    """Start a program that connects to an adapter which other machines can reach."""
    secret = project.folder / "token"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    project.write("work.py", WORK)
    main = project.write("main.py", text)
    client = project.spawn()
    client.request("initialize", adapterID="x")
    arguments = {"listen": {"host": "0.0.0.0", "port": 0}, "accessToken": TOKEN}
    seq = client.wire.send("attach", arguments)
    port = client.wait_event("debugpyWaitingForServer")["port"]
    given = options or ([] if env else ["--access-token-file", str(secret)])
    command = [sys.executable, "-m", "daifu_dap", "--connect", f"127.0.0.1:{port}"]
    program = project.run([*command, *given, str(main)], PYDEVD_DISABLE_FILE_VALIDATION="1", **env)
    client.wait_event("initialized")
    client.request("configurationDone")
    client.wire.result(seq, "attach", TIMEOUT)
    return client, program


def followed(project: Project, client: Client) -> Client:
    """The session of the child that a session's program has started."""
    return attach(project, client.wait_event("debugpyAttach"))


def seen(project: Project, name: str) -> dict[str, Any]:
    """What a child has seen of itself; the token is nowhere in it."""
    text = (project.folder / f"seen-{name}").read_text()
    assert TOKEN not in text, text
    found: dict[str, Any] = json.loads(text)
    assert "memfd" not in found["foreign"] and "cmdline" in found["foreign"]
    return found


@pytest.mark.parametrize("start", STARTS)
def test_a_child_shows_a_token_that_its_command_line_does_not(
    project: Project, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setenv(MARK, str(project.folder))
    arguments, told = STARTS[start]
    text = f"import subprocess, sys\nsubprocess.run([sys.executable, *{arguments}], check=True)\n"
    parent, program = connect(project, text)
    child = followed(project, parent)
    if start == "grandchild":
        child = followed(project, child)
    shown = command_lines(project)
    assert TOKEN not in shown and "daifu:/proc/" in shown and "main.py" in shown
    mend(child)
    assert program.wait(TIMEOUT) == 0
    name = {"isolated code": "code", "grandchild": "script"}.get(start, start)
    found = seen(project, name)
    assert [os.path.basename(found["argv"][0]), *found["argv"][1:]] == told
    assert "pydevd" in " ".join(found["own"])
    assert f"{name} goes on with 3.0" in program.stdout.read()
    assert "daifu:" not in program.stderr.read()


OTHERS = """\
import multiprocessing, os, sys
from work import work

if __name__ == "__main__":
    {start}
"""
POSIX = "os.waitpid(os.posix_spawn(sys.executable, ['python', 'work.py', 'x'], os.environ), 0)"
PROCESS = """\
child = multiprocessing.get_context('{0}').Process(target=work, args=('x',))
    child.start(); child.join(); assert child.exitcode == 0"""


@pytest.mark.parametrize(
    ("start", "given"),
    [
        (POSIX, "DAIFU_ACCESS_TOKEN"),
        (PROCESS.format("spawn"), "--access-token"),
        (PROCESS.format("forkserver"), "--adapter-access-token"),
        (PROCESS.format("fork"), "DAIFU_ACCESS_TOKEN_FILE"),
        ("os.execv(sys.executable, ['python', 'work.py', 'x'])", "DAIFU_ACCESS_TOKEN"),
        ("os.spawnv(os.P_WAIT, sys.executable, ['python', 'work.py', 'x'])", "DAIFU_ACCESS_TOKEN"),
        ("os.execl(sys.executable, 'python', '-c', 'import work; work.work(\"x\")')", ""),
    ],
    ids=["posix_spawn", "spawn", "forkserver", "fork", "execv", "spawnv", "execl of code"],
)
def test_a_process_that_is_started_in_another_way_does_so_too(
    project: Project, start: str, given: str
) -> None:
    value = str(project.folder / "token") if given.endswith("FILE") else TOKEN
    options = [given, value] if given.startswith("-") else []
    env = {given: value} if given.startswith("DAIFU") else {}
    parent, program = connect(project, OTHERS.format(start=start), *options, **env)
    child = followed(project, parent)
    if "forkserver" in start:
        child = followed(project, child)
    mend(child)
    assert program.wait(TIMEOUT) == 0
    assert "x goes on with 3.0" in program.stdout.read()
    assert "without a debugger" not in program.stderr.read()
    seen(project, "x")


@pytest.mark.parametrize("start", ["script", "module", "code"])
def test_a_child_that_cannot_read_the_token_runs_without_a_debugger(
    project: Project, start: str
) -> None:
    arguments, told = STARTS[start]
    text = f"import subprocess, sys\nsubprocess.run([sys.executable, *{arguments}])\n"
    parent, program = connect(project, text)
    mend(followed(project, parent))
    assert program.wait(TIMEOUT) == 0
    command = seen(project, start)["own"]  # with what kept the token gone
    project.edit("work.py", "left = 0", "left = 3")
    (project.folder / f"seen-{start}").unlink()
    child = project.run(command, PYDEVD_DISABLE_FILE_VALIDATION="1")
    out, err = child.communicate(timeout=TIMEOUT)
    assert child.returncode == 0 and f"{start} goes on with 2.0" in out
    assert err.count("\n") == 1 and "runs without a debugger: it cannot read the access" in err
    found = seen(project, start)
    assert [os.path.basename(found["argv"][0]), *found["argv"][1:]] == told


def test_what_a_program_has_closed_is_opened_anew(tmp_path: Path) -> None:
    other = os.open(tmp_path / "other", os.O_RDWR | os.O_CREAT, 0o600)
    os.write(other, b"a secret of the program's own")
    first = str(credentials.Reference(TOKEN))
    assert first == str(credentials.Reference(TOKEN)) and credentials.read(first) == TOKEN
    file, _name = credentials._kept[TOKEN]
    assert os.fstat(file).st_mode & 0o777 == 0o600 and not os.get_inheritable(file)
    os.dup2(other, file)
    with pytest.raises(OSError, match="there no more"):
        credentials.read(first)
    assert credentials.read(str(credentials.Reference(TOKEN))) == TOKEN
    os.close(other)
    os.close(file)
    os.close(credentials._kept.pop(TOKEN)[0])


def test_pydevd_writes_what_needs_no_secret_as_it_is() -> None:
    assert credentials.NO_SECRET == theirs.NO_SECRET
    given = {"client-access-token": credentials.NO_SECRET, "access-token": None, "preimport": "x;y"}

    def patch_args(args: list[str], is_exec: bool = False) -> list[str]:
        return args

    monkey: Any = SimpleNamespace(patch_args=patch_args)
    setattr(monkey, SETUP, lambda setup, is_exec=False: setup.copy())
    credentials.protect(monkey)
    assert getattr(monkey, SETUP)(given) == given
    found = getattr(monkey, SETUP)({**given, "access-token": TOKEN}, is_exec=True)
    assert TOKEN not in f"{found} {found['access-token']}"
    code = f"import sys; sys.path.insert(0, {PYDEVD!r}); print({found['access-token']!r})"
    command = [sys.executable, "-Ic", code]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert ran.stdout.strip() == TOKEN, ran.stderr
    os.close(credentials._kept.pop(TOKEN)[0])


@pytest.mark.skipif(not shutil.which("gdb"), reason="debugpy gets into a process by gdb")
def test_a_process_that_is_attached_to_by_its_id_reads_the_token_elsewhere(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What gdb was given is noted by a program of its name that runs it."""
    log, tools = project.folder / "given", project.folder / "tools"
    tools.mkdir()
    (tools / "gdb").write_text(
        f'#!/bin/sh\nprintf \'%s\\n\' "$@" >> {log}\nexec {shutil.which("gdb")} "$@"\n'
    )
    (tools / "gdb").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    text = "import os, time\nopen('ready', 'w')\nwhile not os.path.exists('end'): time.sleep(0.1)\n"
    plain = project.run([sys.executable, str(project.write("plain.py", text))])
    eventually((project.folder / "ready").exists)
    secret = project.folder / "token"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    client = project.spawn()
    client.request("initialize", adapterID="x")
    arguments = {"listen": {"host": "0.0.0.0", "port": 0}, "accessToken": TOKEN}
    seq = client.wire.send("attach", arguments)
    port = client.wait_event("debugpyWaitingForServer")["port"]
    command = [sys.executable, "-m", "daifu_dap", "--connect", f"127.0.0.1:{port}"]
    project.run([*command, "--access-token-file", str(secret), "--pid", str(plain.pid)])
    client.wait_event("initialized")
    client.request("configurationDone")
    client.wire.result(seq, "attach", TIMEOUT)
    given = log.read_text()
    assert "attach_pid_injected" in given
    assert TOKEN not in given and str(list(TOKEN.encode()))[1:-1] not in given
    (project.folder / "end").touch()
    assert plain.wait(TIMEOUT) == 0
