"""A retry that only fits once the tensors of the failed attempt are freed.

The program limits its own address space so that one attempt fits and a second beside it does not.
The library it calls is not vaccinated: its frames end with the exception, and theirs are the
tensors that must go, with the temporary of the statement that failed. What the crashed frame has
for variables stays, since the retry goes on with it.
"""

from __future__ import annotations

import sys

import pytest

from daifu_dap.client import Client, RequestFailed

from .conftest import ROOT, Programs

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only there the limit counts what is mapped"
)

LIBRARY = """
import resource

import torch

GIB = 1 << 30
calls = 0

def limit(room):
    with open("/proc/self/status") as status:
        used = next(int(line.split()[1]) for line in status if line.startswith("VmSize"))
    total = (used << 10) + room
    resource.setrlimit(resource.RLIMIT_AS, (total, resource.RLIM_INFINITY))

def empty():
    return torch.empty(GIB, dtype=torch.uint8)

def joined(one, two):
    return one.numel() + two.numel()

def attend(heads):
    scores = empty()
    return weighted(scores, heads)

def weighted(scores, heads):
    try:
        return checked(scores, heads)
    except ValueError as error:
        own = error
        raise RuntimeError("no weights") from error

def checked(scores, heads):
    global calls
    calls += 1
    mask = empty()
    if heads == 0 or calls == 1:
        raise ValueError("no heads")
    return mask

def greedy(heads):
    global calls
    calls += 1
    scores = empty()
    more = [empty() for _ in range(8 if heads == 0 or calls == 1 else 1)]
    return more[0]
"""

PROGRAM = """
import library

def step(heads):
    query = library.empty()
    total = library.joined(library.empty(), library.{function}(heads))
    return total + query.numel()

heads = 8
library.limit(9 * library.GIB // 2)
print(step(heads) // library.GIB)
"""

GREEDY, RAISED = "greedy", "attend"


def written(programs: Programs, function: str) -> str:
    (programs.folder / "site-packages").mkdir()
    (programs.folder / "site-packages" / "library.py").write_text(LIBRARY)
    return PROGRAM.format(function=function)


@pytest.mark.parametrize("how", ["retry", "replace"])
@pytest.mark.parametrize("function", [RAISED, GREEDY])
def test_a_second_attempt_has_the_room_of_the_first(
    function: str, how: str, programs: Programs
) -> None:
    text = written(programs, function)
    wrong, right = f"{function}(0)", f"{function}(heads)"
    answer = [how] if how == "retry" else [how, wrong, right]
    if how == "replace":
        text = text.replace(right, wrong)
    path = f"{ROOT}:{programs.folder / 'site-packages'}"
    run = programs.answered(text, [tuple(answer)], PYTHONPATH=path)
    assert (run.code, run.output) == (0, "3\n"), run.errors
    assert run.places == [("step", "RuntimeError")]


@pytest.mark.parametrize("how", ["retry", "replace"])
@pytest.mark.parametrize("function", [RAISED, GREEDY])
def test_a_second_attempt_has_the_room_of_what_the_debugger_has_shown(
    function: str, how: str, programs: Programs
) -> None:
    text = written(programs, function)
    wrong, right = f"{function}(0)", f"{function}(heads)"
    path = programs.write("shown", text.replace(right, wrong) if how == "replace" else text)
    env = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(programs.folder / "site-packages")}
    with Client.launch(path, timeout=30, env=env, justMyCode=False) as client:
        crash = client.wait_crash()
        assert crash.function == "step"
        assert look(client, crash.thread_id) >= 2
        if how == "replace":
            client.replace_cell_and_continue(path, path.read_text().replace(wrong, right))
        else:
            client.resolve("retry")
        code = client.wait_exit()
        assert (code, client.output()) == (0, "3\n"), client.output(None)


def look(client: Client, thread: int) -> int:
    """Ask for everything that a client can show at a stop; gives how many tensors were seen."""
    client.threads()
    client.request("exceptionInfo", threadId=thread)
    tensors = 0
    for frame in client.stack(thread):
        for scope in client.request("scopes", frameId=frame.id)["scopes"]:
            if scope["name"].startswith("Global"):
                continue
            for each in client.variables(scope["variablesReference"]):
                if each.reference:
                    client.variables(each.reference)
                if each.type != "Tensor":
                    continue
                tensors += 1
                for context in ("hover", "watch", "repl"):
                    client.evaluate(each.name, frame.id, context)
    for context in ("repl", "watch", "hover"):
        with pytest.raises(RequestFailed):
            client.evaluate("query.no_such_attribute", context=context)
    return tensors
