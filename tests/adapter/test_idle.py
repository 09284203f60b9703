"""Nothing is traced while nothing asks for it, and whatever asks later is served all the same.

Before Python 3.12 a traced program is several times slower, and says so in `sys.gettrace()`; for
the later ones `sys.monitoring` tells which events the debugger has asked for.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

from daifu_dap.client import Client, Stop

from .conftest import Project, eventually

PROGRAM = """\
import os, sys, threading, time

flags, traced, counts = {}, {}, {"main": 0, "ticks": 0}

def seen(name):
    traced[name] = sys.gettrace() is not None or monitored(tick) or monitored(deep)

def monitored(function):
    known = getattr(sys, "monitoring", None)
    if known is None or known.get_tool(known.DEBUGGER_ID) is None:
        return False
    tool = known.DEBUGGER_ID
    return bool(known.get_events(tool) or known.get_local_events(tool, function.__code__))

def tick(number):
    counts["ticks"] += 1
    return number  # tick

def ticker():
    while not flags.get("end"):
        tick(counts["ticks"])
        seen("ticker")
        time.sleep(0.002)

def sleeper():
    while not flags.get("end"):
        time.sleep(0.2)
        seen("sleeper")

def late():
    flags["late"] = "ran"  # late
    seen("late")

def failing():
    try:
        raise ValueError("handled")  # failing
    except ValueError:
        seen("failing")

def deep():
    while not flags.get("end"):
        counts["main"] += 1  # deep
        time.sleep(0.001)
        if flags.pop("failing", None):
            failing()
        if flags.pop("breakpoint", None):
            import debugpy
            debugpy.breakpoint()
            seen("breakpoint")  # breakpoint
        if flags.get("late") == "go":
            flags["late"] = "started"
            threading.Thread(target=late, name="late").start()
        if flags.pop("fork", None):
            pid = os.fork()
            if not pid:
                os._exit(int(sys.gettrace() is not None))
            flags["child"] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        traced["main"] = sys.gettrace() is not None

def outer():
    deep()
    return "after"  # after

threads = [threading.Thread(target=each, name=each.__name__) for each in (ticker, sleeper)]
for each in threads:
    each.start()
open("ready", "w").close()
outer()
for each in threads:
    each.join()
print("end", flush=True)
"""

PATH = "main.py"
TRACES = sys.version_info < (3, 12)


def line(marker: str) -> int:
    """The line of the program that has a marker."""
    return 1 + next(n for n, each in enumerate(PROGRAM.split("\n")) if each.endswith(f"# {marker}"))


class Dialogue:
    """What the tests ask of a running program."""

    def __init__(self, client: Client, project: Project) -> None:
        self.client = client
        self.path = str(project.folder / PATH)
        eventually((project.folder / "ready").exists)

    def value(self, expression: str) -> str:
        """What an expression is worth in the program, which runs."""
        asked = f"__import__('__main__').{expression}"
        return str(self.client.request("evaluate", expression=asked, context="repl")["result"])

    def ask(self, flag: str, value: object = True) -> None:
        self.value(f"flags.__setitem__({flag!r}, {value!r})")

    def breakpoints(self, *wanted: dict[str, Any]) -> None:
        source = {"path": self.path}
        self.client.request("setBreakpoints", source=source, breakpoints=list(wanted))

    def at(self, marker: str, **more: Any) -> dict[str, Any]:
        return {"line": line(marker), **more}

    def stopped(self, reason: str, marker: str | None = None, function: str | None = None) -> Stop:
        stop = self.client.wait_stopped()
        assert stop.reason == reason
        top = self.client.stack(stop.thread_id)[0]
        if marker is not None:
            assert top.line == line(marker)
        if function is not None:
            assert top.name == function
        return stop

    def name(self, stop: Stop) -> str:
        return self.client.threads()[stop.thread_id or 0]

    def go_on(self, stop: Stop) -> None:
        self.client.continue_(stop.thread_id)
        self.untraced()

    def untraced(self) -> None:
        """Every thread has run without being traced."""

        def ran() -> bool:
            told = self.value("traced.copy()")
            if "True" in told:
                self.value("traced.clear()")
            return all(f"'{each}': False" in told for each in ("main", "ticker", "sleeper"))

        self.value("traced.clear()")
        eventually(ran)


def test_whatever_asks_later_is_served_and_then_nothing_is_traced(project: Project) -> None:
    said = Dialogue(project.launch(PROGRAM), project)
    client = said.client
    said.untraced()

    said.breakpoints(said.at("deep"))  # in a frame that is on the stack
    stop = said.stopped("breakpoint", "deep")
    if TRACES:
        eventually(lambda: said.value("traced['main']") == "True")
    said.breakpoints(said.at("tick", condition="number % 7 == 3"))
    client.continue_(stop.thread_id)
    stop = said.stopped("breakpoint", "tick")
    assert said.name(stop) == "ticker"
    assert int(client.evaluate("number", client.stack(stop.thread_id)[0])) % 7 == 3
    said.breakpoints()
    client.request("stepOut", threadId=stop.thread_id)
    stop = said.stopped("step", function="ticker")
    said.go_on(stop)

    said.breakpoints(said.at("deep", logMessage="main is at {counts['main']}"))
    eventually(lambda: "main is at" in client.output("console") + client.output("stdout"))
    said.breakpoints(said.at("late", hitCondition="2"))
    said.ask("late", "go")
    eventually(lambda: said.value("flags['late']") == "ran")
    said.ask("late", "go")
    stop = said.stopped("breakpoint", "late")
    said.breakpoints()
    said.go_on(stop)

    names = {name: number for number, name in client.threads().items()}
    for name in ("sleeper", "MainThread"):  # one of them in C code that lasts
        client.request("pause", threadId=names[name])
        said.go_on(said.stopped("pause"))

    client.set_filters(["daifu.crash", "raised"])
    said.ask("failing")
    stop = said.stopped("exception", "failing")
    client.set_filters(["daifu.crash"])
    said.go_on(stop)

    said.ask("breakpoint")
    stop = said.stopped("breakpoint", "breakpoint")
    client.request("next", threadId=stop.thread_id)
    said.go_on(said.stopped("step", function="deep"))

    said.breakpoints(said.at("late"))
    said.ask("late", "go")
    stop = said.stopped("breakpoint", "late")
    assert said.name(stop) == "late"
    said.ask("fork")
    client.continue_(stop.thread_id)
    eventually(lambda: said.value("flags.get('child')") == "0")
    said.breakpoints(said.at("after"))
    said.ask("end")
    stop = said.stopped("breakpoint", "after")
    client.continue_(stop.thread_id)
    assert client.wait_exit() == 0
    assert "sys.settrace" not in client.output("stderr")


def test_the_next_client_of_a_program_that_listens_is_served_too(project: Project) -> None:
    project.write(PATH, PROGRAM)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    command = [sys.executable, "-m", "daifu_dap", "--listen", str(port), PATH]
    process = project.run(command)

    def attached() -> Client:
        client = project.spawn()
        client.start("attach", {"connect": {"host": "127.0.0.1", "port": port}})
        return client

    eventually((project.folder / "ready").exists)
    for _ in range(2):
        said = Dialogue(attached(), project)
        said.untraced()
        said.breakpoints(said.at("tick"))
        said.stopped("breakpoint", "tick")
        said.client.disconnect(terminate=False)  # with a breakpoint, at a stop
        said.client.close()
    said = Dialogue(attached(), project)
    said.untraced()
    said.ask("end")
    assert process.wait(30) == 0


def test_a_thread_at_a_breakpoint_does_not_sleep_while_there_are_commands(project: Project) -> None:
    client = project.launch("x = 1\ny = 2\n", breakpoints={str(project.folder / "main.py"): [2]})
    top = client.stack(client.wait_stopped().thread_id)[0]
    own = "__import__('pydevd').get_current_thread_id(__import__('threading').current_thread())"
    debugger = "__import__('pydevd').get_global_debugger()"
    found = f"{debugger}.get_internal_queue_and_event({own})"
    # The adapter sends a command of its own after a third of a second, which stays in the queue.
    waits = "all(e.clear() or e.wait(0.2) for _ in range(4))"
    waited = (
        f"(lambda q, e: (q.put(None), {waits}, q.queue.remove(None), __import__('time').sleep(1),"
        f" (others := q.queue.copy()), q.queue.clear(), {waits}, q.queue.extend(others)))(*{found})"
    )
    said = client.evaluate(f"{waited}[1:7:5]", top)
    assert said == "(True, False)"


def test_what_a_call_has_held_is_gone_when_it_returns(project: Project) -> None:
    """Whoever looks at the stacks of all threads meanwhile keeps none of their frames alive."""
    text = (
        "import gc, time, weakref\n\n"
        "gc.disable()\n\n"
        "class Large:\n    pass\n\n"
        "def work(i):\n"
        "    large = Large()\n"
        "    time.sleep(0.5)\n"
        "    [0][i - 3]\n"
        "    return weakref.ref(large)\n\n"
        "def work_all():\n    return [work(i)() is None for i in range(3, 6)]\n\n"
        "print(work_all())\n"
    )
    client = project.launch(text)
    client.wait_crash()
    main = project.edit("main.py", "[0][i - 3]", "[0, 1, 2][i - 3]")
    client.replace_cell_and_continue(main)
    client.wait_recovered()
    assert client.wait_exit() == 0
    assert client.output() == "[True, True, True]\n"


@pytest.mark.parametrize("vaccinate", ["project", "none"])
def test_uncaught_exceptions_are_debugpys_without_a_barrier(
    project: Project, vaccinate: str
) -> None:
    text = "def f():\n    return 1 / 0\n\nf()\n"
    client = project.launch(text, filters=["uncaught"], vaccinate=vaccinate)
    stop = client.wait_stopped()
    assert stop.reason == "exception"
    assert [(each.name, each.line) for each in client.stack(stop.thread_id)] == [
        ("f", 2), ("<module>", 4),
    ]  # fmt: skip
    client.continue_(stop.thread_id)
    assert client.wait_exit() == 1
