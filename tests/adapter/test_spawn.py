"""Programs that start others by a fork and an `exec`: each has one session, told of once."""

from __future__ import annotations

import pytest

from .conftest import Project
from .test_children import attach, mend

CHILD = """\
import os, sys
left = 0
print(sys.argv[1:], os.environ.get("MARK"), 6 / left, flush=True)
sys.exit(3)
"""
PARENT = """\
import os, pty, subprocess, sys

PY = sys.executable
FILE, MODULE = ["child.py", "x"], ["-m", "child", "x"]
CODE = ["-c", "from __future__ import annotations; import child", "x"]
ENV = os.environ | {{"MARK": "marked"}}
end = os.waitstatus_to_exitcode

def waited(pid):
    return end(os.waitpid(pid, 0)[1])

def forked(fork):
    found = fork()
    pid = found if isinstance(found, int) else found[0]
    if not pid:
        os.execvpe(PY, [PY, *FILE], ENV)
    if pid != found:
        try:
            while read := os.read(found[1], 1000):
                os.write(1, read)
        except OSError:
            pass
    return waited(pid)

print("status", {start}, flush=True)
"""

ONCE = {
    "spawnv": "os.spawnv(os.P_WAIT, PY, [PY, *FILE])",
    "spawnl of code": "os.spawnl(os.P_WAIT, PY, PY, *CODE)",
    "spawnvpe of a module": "os.spawnvpe(os.P_WAIT, PY, [PY, *MODULE], ENV)",
    "spawnlpe": "os.spawnlpe(os.P_WAIT, PY, PY, *FILE, ENV)",
    "spawnvp, waited for later": "waited(os.spawnvp(os.P_NOWAIT, PY, (PY, *CODE)))",
    "posix_spawn": "waited(os.posix_spawn(PY, [PY, *MODULE], ENV))",
    "pty.spawn": "end(pty.spawn([PY, *FILE]))",
    "pty.spawn of code": "end(pty.spawn((PY, *CODE)))",
}
TWICE = {"fork": "forked(os.fork)", "forkpty": "forked(os.forkpty)"}
REPLACED = {
    "execv": "os.execv(PY, [PY, *FILE])",
    "execle of a module": "os.execle(PY, PY, *MODULE, ENV)",
    "execlp of code": "os.execlp(PY, PY, *CODE)",
}
NEVER = {
    "spawnv of another program": "os.spawnv(os.P_WAIT, '/bin/sh', ['sh', '-c', 'exit 3'])",
    "spawnv of nothing": "os.spawnv(os.P_WAIT, '/nowhere/python', ['python', 'child.py']) - 124",
    "pty.spawn of another program": "end(pty.spawn(['/bin/sh', '-c', 'exit 3']))",
    "a shell": "subprocess.run(f'MARK=sh {PY} plain.py x', shell=True).returncode",
}


@pytest.mark.parametrize("start", ONCE | TWICE | REPLACED)
def test_a_program_that_is_started_has_one_session(project: Project, start: str) -> None:
    project.write("child.py", CHILD)
    way = (ONCE | TWICE | REPLACED)[start]
    parent = project.launch(PARENT.format(start=way), subProcess=True)
    told = parent.wait_event("debugpyAttach")
    sessions = [parent, attach(project, told)]
    if start in TWICE:  # the forked process, and what it becomes
        again = sessions[-1].wait_event("debugpyAttach")
        assert again["subProcessId"] == told["subProcessId"]
        sessions.append(attach(project, again))
    mend(sessions[-1])
    assert parent.wait_exit() == (3 if start in REPLACED else 0)
    mark = "'marked'" if "ENV" in way or start in TWICE else "None"
    shown = parent.output() + sessions[-1].output()
    assert f"['x'] {mark.strip(chr(39))} 3.0" in shown
    assert start in REPLACED or "status 3" in shown
    assert "timed-out" not in shown
    assert not any(each.wire.pending("debugpyAttach") for each in sessions)


def test_the_session_of_a_process_that_another_program_replaces_ends(project: Project) -> None:
    text = """\
        import os
        pid = os.fork()
        if not pid:
            os.execv("/bin/sh", ["sh", "-c", "exit 3"])
        print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        """
    parent = project.launch(text, subProcess=True)
    child = attach(project, parent.wait_event("debugpyAttach"))
    child.wait_event("terminated")
    assert parent.wait_exit() == 0 and "status 3" in parent.output()


@pytest.mark.parametrize("start", NEVER)
def test_what_is_not_debugged_is_not_waited_for(project: Project, start: str) -> None:
    project.write("plain.py", CHILD.replace("left = 0", "left = 2"))
    parent = project.launch(PARENT.format(start=NEVER[start]), subProcess=True)
    assert parent.wait_exit() == 0
    assert "status 3" in parent.output() and "timed-out" not in parent.output()
    assert ("['x'] sh 3.0" in parent.output()) == (start == "a shell")
    assert not parent.wire.pending("debugpyAttach")
