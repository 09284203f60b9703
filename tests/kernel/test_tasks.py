"""Exceptions of tasks: who awaits one now, or collects what it raised, is asked."""

from __future__ import annotations

import pytest

from tests.kernel.conftest import Lab
from tests.kernel.meaning import held

ASYNC = """
async def work(kind=ValueError):
    await asyncio.sleep(0)
    inner(kind)
"""


@pytest.mark.parametrize("use", [
    "await work()", "await asyncio.create_task(work())", "await asyncio.gather(work(), work())",
    "await asyncio.wait_for(work(), 60)", "await asyncio.shield(work())",
    "await asyncio.gather(asyncio.gather(work()))",
])  # fmt: skip
def test_who_awaits_a_task_now_is_asked(lab: Lab, use: str) -> None:
    program = (
        ASYNC
        + f"""
async def caller():
    try: {use}
    except ValueError: return "taken"
    except KeyError: return "never"
def main(): return asyncio.run(caller())
"""
    )
    assert held(lab, program) == []
    assert held(lab, program.replace("except ValueError", "except OSError"))[:1] == [
        ("inner", "ValueError")
    ]


def test_what_is_collected_is_meant(lab: Lab) -> None:
    assert held(lab, ASYNC + """
async def caller():
    return [type(e) for e in await asyncio.gather(work(), work(KeyError), return_exceptions=True)]
def main(): return asyncio.run(caller())
""") == []  # fmt: skip


def test_a_task_group_raises_a_group(lab: Lab) -> None:
    program = (
        ASYNC
        + """
async def caller():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work())
    except* ValueError: log("taken")
def main(): return asyncio.run(caller())
"""
    )
    assert held(lab, program) == []
    assert held(lab, program.replace("except*", "except"))[:1] == [("inner", "ValueError")]


def test_handlers_around_the_loop_are_those_of_its_main_task_only(lab: Lab) -> None:
    program = (
        ASYNC
        + """
async def alone():
    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    return repr(task.exception())
async def caller(): return await USED
def main():
    try: return asyncio.run(caller())
    except ValueError: return "taken"
"""
    )
    assert held(lab, program.replace("USED", "work()")) == []
    assert held(lab, program.replace("USED", "alone()")) == [("inner", "ValueError")]


def test_a_cancelled_task_is_no_crash(lab: Lab) -> None:
    assert held(lab, """
async def caller():
    task = asyncio.create_task(asyncio.sleep(9))
    await asyncio.sleep(0)
    task.cancel()
    try: await task
    except asyncio.CancelledError: log("cancelled")
    async with asyncio.timeout(9): pass
def main(): return asyncio.run(caller())
""") == []  # fmt: skip
