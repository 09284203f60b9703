"""Child processes, and programs that listen: whichever way a client comes, it is our adapter."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from daifu_dap.adapter.runtime import ENTRY
from daifu_dap.client import Client
from daifu_dap.client import session as client_session

from .conftest import ROOT, TIMEOUT, Project

CHILDREN = """\
import multiprocessing, os, subprocess, sys

def work(kind):
    left = 0
    print(kind, "goes on with", 6 / left, flush=True)

if __name__ == "__main__":
    kind = sys.argv[1]
    if kind == "itself":
        work("subprocess")
    elif kind == "subprocess":
        env = os.environ | {"RANK": "3", "LOCAL_RANK": "1"}
        subprocess.run([sys.executable, __file__, "itself"], env=env, check=True)
    else:
        child = multiprocessing.get_context(kind).Process(target=work, args=(kind,))
        child.start()
        child.join()
        assert child.exitcode == 0
    print("end", flush=True)
"""


def attach(project: Project, told: dict[str, Any]) -> Client:
    """Do what an editor does that is told of a child process."""
    place = told["connect"]
    client = Client.connect(place["host"], place["port"], timeout=TIMEOUT)
    project.clients.append(client)
    client.start("attach", told)
    return client


def mend(client: Client) -> None:
    """Set the variable right and have the cell tried again."""
    client.wait_crash()
    client.evaluate("left = 2", context="repl")
    client.resolve("retry")
    assert client.wait_recovered()["resolution"] == "retry"


NAMES = {
    "fork": "ForkProcess-1",
    "spawn": "SpawnProcess-1",
    "forkserver": "ForkServerProcess-1",
    "subprocess": "rank 3",
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_crash_in_a_child_is_held_in_its_own_session(project: Project, kind: str) -> None:
    parent = project.launch(CHILDREN, args=[kind], subProcess=True, onContinue="retry")
    told = parent.wait_event("debugpyAttach")
    child = attach(project, told)
    if kind == "forkserver":  # which runs nothing of the program's, and starts what does
        assert told["name"] == f"Subprocess {told['subProcessId']}"
        told = child.wait_event("debugpyAttach")
        child = attach(project, told)
    assert told["onContinue"] == "retry" and "DAIFU_VACCINATE" not in told["env"]
    assert told["name"] == f"{NAMES[kind]} ({told['subProcessId']})"
    mend(child)
    # What cleans up behind spawned processes waits for no client: the program would wait for it.
    assert parent.wait_exit() == 0 and not parent.wire.pending("debugpyAttach")
    shown = parent.output() + child.output()
    assert f"{kind} goes on with 3.0" in shown and "end\n" in shown


def test_a_child_whose_session_an_editor_starts_when_it_is_asked_to(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client_session.INITIALIZE, "supportsStartDebuggingRequest", True)
    asked: list[dict[str, Any]] = []

    def reverse(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        assert name == "startDebugging"
        asked.append(arguments)
        return {}

    parent = project.launch(CHILDREN, args=["fork"], subProcess=True, reverse=reverse)
    while not asked:
        parent.threads()
    assert asked[0]["request"] == "attach"
    # As an editor with one adapter process for each session does it.
    child = project.spawn()
    child.start("attach", asked[0]["configuration"])
    mend(child)
    assert parent.wait_exit() == 0


ALONE = """\
import subprocess, sys

def work(flags):
    left = 0
    print(flags.isolated, "goes on with", 6 / left, flush=True)

if len(sys.argv) == 1:
    work(sys.flags)
    subprocess.run([sys.executable, "-I", __file__, "child"], check=True)
else:
    work(sys.flags)
"""


def test_interpreters_that_do_not_heed_the_environment(project: Project) -> None:
    parent = project.launch(ALONE, subProcess=True, python=[sys.executable, "-I"])
    mend(parent)
    child = attach(project, parent.wait_event("debugpyAttach"))
    mend(child)
    assert parent.wait_exit() == 0
    assert parent.output().count("1 goes on with 3.0") == 2
    assert "barriers" not in (parent.output("important") + child.output("important"))


@pytest.mark.parametrize("start", ["folder", "api"])
def test_a_client_of_a_program_that_listens_has_our_adapter(project: Project, start: str) -> None:
    listening = "import debugpy\nprint(*debugpy.listen(0), flush=True)\ndebugpy.wait_for_client()\n"
    body = "def work():\n    left = 0\n    print('goes on with', 6 / left, flush=True)\n\nwork()\n"
    project.write("main.py", listening + body if start == "api" else body)
    ways = {
        "folder": [str(ROOT / "daifu_dap"), "--listen", "0", "--wait-for-client", "main.py"],
        "api": ["-m", "daifu_dap", "main.py"],
    }
    endpoints = project.folder / "endpoints"
    program = project.run([sys.executable, *ways[start]], DEBUGPY_ADAPTER_ENDPOINTS=str(endpoints))
    while not (endpoints.exists() and endpoints.read_text().endswith("}")):
        assert program.poll() is None
    [port] = re.findall(r'"client": .*?"port": (\d+)', endpoints.read_text())
    if start == "folder":  # by an adapter of the client's own, which hands everything through
        client = project.spawn()
        client.start("attach", {"connect": {"host": "127.0.0.1", "port": int(port)}})
    else:
        client = project.attach(int(port))
    assert client.capabilities["supportsReplaceCellRequest"]
    mend(client)
    assert program.wait(TIMEOUT) == 0
    assert program.stdout is not None and "goes on with 3.0" in program.stdout.read()


FORKS = """\
import os, signal, sys, threading, time
from daifu_dap.vaccine import hook
hook.start()
import debugpy._vendored.force_pydevd
import _pydevd_bundle.pydevd_defaults

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            loading.set()
            time.sleep(1)

loading = threading.Event()
sys.meta_path.insert(0, Slow())
ask = sys.argv[2] + '''('{"do": "hello", "filter": true}')'''
threading.Thread(target=lambda: (eval(ask), loading.set())).start()
loading.wait()
if not os.fork():
    signal.alarm(10)
    print(eval(ask), flush=True)
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize("name", ["bridge", "commands", "runtime"])
def test_a_child_that_is_forked_while_a_client_greets_answers_its_own(
    project: Project, name: str
) -> None:
    module = f"daifu_dap.recovery.{name}"
    options = ["-Wi", "-Xfrozen_modules=off"]
    program = project.run([sys.executable, *options, "-c", FORKS, module, ENTRY])
    out, err = program.communicate(timeout=TIMEOUT)
    assert '"ok": true' in out and not err
