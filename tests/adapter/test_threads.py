"""Several threads: each is held and recovered by itself, and takes an edit."""

from __future__ import annotations

import contextlib

import pytest

from daifu_dap.client import RequestFailed, Timeout

from .conftest import Project


def test_frames_of_other_threads_take_an_edit_at_their_next_statement(project: Project) -> None:
    """The edit is made at a breakpoint, and another at a crash, where nothing is traced before."""
    text = """\
        import threading, time

        seen, flags = [], {}

        def work():
            n = 0
            while not flags.get("end"):
                n += 1
                seen.append(("first",
                    n))
                time.sleep(0.002)

        def since(mark):
            while len(seen) < mark + 4:
                time.sleep(0.002)
            return sorted({kind for kind, n in seen[mark + 1:]})

        def main():
            thread = threading.Thread(target=work)
            thread.start()
            since(0)
            print(since(len(seen)), flush=True)
            [][0]
            print(since(len(seen)), flush=True)
            flags["end"] = True
            thread.join()

        main()
        """
    main = project.write("main.py", text)
    client = project.launch(breakpoints={str(main): [22]})
    client.wait_stopped()
    client.set_breakpoints(main, [])
    project.edit("main.py", '"first"', '"second"')
    client.replace_cell_and_continue(main)
    client.wait_crash()
    project.edit("main.py", '"second"', '"third"')
    client.replace_cell(main)
    client.resolve("skip")
    assert client.wait_exit() == 0
    assert client.output() == "['second']\n['third']\n"


def test_two_threads_are_recovered_one_by_one(project: Project) -> None:
    """Where the debugger holds the other threads they crash one after the other."""
    client = project.launch(
        """\
        import threading

        together = threading.Barrier(2)

        def work(name):
            together.wait()
            value = int(name)
            print(f"worked {value}\\n", end="", flush=True)

        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print("joined")
        """
    )
    first = client.wait_crash()
    second = None
    with contextlib.suppress(Timeout):
        second = client.wait_crash(2)
    if second is not None:
        assert first.thread_id != second.thread_id
        with pytest.raises(RequestFailed) as caught:
            client.replace_cell_and_continue(first.path)
        assert caught.value.codes == ["DFU0007"]
        with pytest.raises(RequestFailed) as caught:
            client.resolve("retry", second.thread_id, stopId=first.stop_id)
        assert caught.value.codes == ["DFU0004"]
    client.evaluate("name = '1'", client.stack(first.thread_id)[0])
    client.resolve("retry", first.thread_id)
    if second is None:
        second = client.wait_crash()
    assert client.describe(second.thread_id).stop_id == second.stop_id
    client.evaluate("name = '2'", client.stack(second.thread_id)[0])
    client.resolve("retry")
    recovered = {client.wait_recovered()["threadId"] for _ in range(2)}
    assert recovered == {first.thread_id, second.thread_id}
    assert client.wait_exit() == 0
    assert sorted(client.output().splitlines()) == ["joined", "worked 1", "worked 2"]


def test_a_stop_does_not_catch_another_thread_at_its_barrier(project: Project) -> None:
    """A thread that was stopped in there would keep locks that the first one's recovery needs."""
    client = project.launch(
        """\
        import os
        import threading
        import time

        deciding = threading.Event()
        real = os.path.realpath

        def slow(path):  # what the runtime calls to find a frame's text
            if threading.current_thread().name == "late":
                deciding.set()
                for _ in range(50):
                    time.sleep(0.02)
            return real(path)

        def work():
            if threading.current_thread().name == "early":
                deciding.wait()
            threading.not_there

        threads = [threading.Thread(target=work, name=name) for name in ("early", "late")]
        os.path.realpath = slow
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        """
    )
    early, late = client.wait_crash(), client.wait_crash()
    for crash in (early, late):
        assert client.stack(crash.thread_id)[0].name == "work"
        client.resolve("skip", crash.thread_id)
    assert client.wait_exit() == 0
