"""Going on at another cell: what is left is left properly, what is entered can be entered."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import leap
from tests.kernel.conftest import Lab, edited

BEFORE = """
    class Manager:
        def __init__(self, name, fails=False): self.name, self.fails = name, fails
        def __enter__(self): log(("enter", self.name)); return self
        def __exit__(self, kind, *rest):
            log(("exit", self.name, kind and kind.__name__))
            if self.fails: raise KeyError("exit")
    def Leaving(leave):  # its own frames are not vaccinated
        return type("L", (), dict(__enter__=lambda s: s, __exit__=lambda s, *r: leave()))()
    """


def line(source: str, mark: str) -> int:
    """The line on which `mark` stands."""
    return next(n for n, each in enumerate(source.splitlines(), 1) if mark in each)


def to(mark: str) -> Callable[[daifu.Crash], daifu.Resolution]:
    """An answer that goes to the cell on the line of `mark`."""
    return lambda crash: daifu.Goto(line(crash.source, mark))


def went(lab: Lab, text: str, mark: str, fail: tuple[int, ...] = (1,)) -> object:
    """Outcome of a program that crashes and goes on at the line of `mark`, unrefused."""
    lab.crashes.clear()
    found = lab.woven(BEFORE + text, to(mark), fail=fail)
    assert [each.refusal for each in lab.crashes if each.refusal] == []
    return found


def refused(lab: Lab, text: str, mark: str, fail: tuple[int, ...] = (1,)) -> str:
    """Why going there is refused; nothing has changed then, and a retry does as ever."""
    text = BEFORE + text
    expected = lab.plain(text)
    told: list[str] = []

    def retry(crash: daifu.Crash) -> daifu.Resolution:
        told.append(str(crash.refusal))
        return daifu.Retry()

    assert lab.woven(text, to(mark), retry, fail=fail) == expected
    return told[0]


STRAIGHT = """
    def main():
        log(1)
        log(flaky(2))
        log(3)
        return 4
    """


def test_a_later_cell_of_the_block(lab: Lab) -> None:
    assert went(lab, STRAIGHT, "log(3)") == (4, [1, 3])


def test_an_earlier_cell_of_the_block(lab: Lab) -> None:
    assert went(lab, STRAIGHT, "log(1)") == (4, [1, 1, 2, 3])


def test_the_crashed_cell_itself_is_a_retry(lab: Lab) -> None:
    assert went(lab, STRAIGHT, "flaky(2)") == (4, [1, 2, 3])


LOOP = """
    def main():
        done = []
        for i in iter([1, 2, 3]):
            log(("pass", i))
            with Manager(i):
                try:
                    done.append(flaky(i))
                finally:
                    log("finally")
            log(("behind", i))
        else:
            log("exhausted")
        return done
    """


def test_out_of_with_and_finally_to_the_same_pass_of_the_loop(lab: Lab) -> None:
    result, log = went(lab, LOOP, '"behind"', fail=(2,))  # type: ignore[misc]
    assert result == [1, 3]
    second = ["finally", ("exit", 2, None), ("behind", 2), ("pass", 3)]
    assert log[log.index(("enter", 2)) + 1 :][:4] == second


def test_the_line_of_a_live_with_leaves_it_and_enters_it_again(lab: Lab) -> None:
    result, log = went(lab, LOOP, "with Manager(i)", fail=(2,))  # type: ignore[misc]
    assert result == [1, 2, 3]
    at = log.index(("enter", 2))
    assert log[at + 1 : at + 4] == ["finally", ("exit", 2, None), ("enter", 2)]


def test_the_line_of_a_live_for_begins_it_anew(lab: Lab) -> None:
    result, log = went(lab, LOOP, "for i in", fail=(2,))  # type: ignore[misc]
    assert result == [1, 1, 2, 3] and log.count(("exit", 2, None)) == 2


def test_out_of_the_loop_skips_its_else(lab: Lab) -> None:
    result, log = went(lab, LOOP, "return done", fail=(2,))  # type: ignore[misc]
    assert result == [1] and log[-2:] == ["finally", ("exit", 2, None)]


def test_into_the_else_of_the_loop(lab: Lab) -> None:
    result, log = went(lab, LOOP, '"exhausted"', fail=(2,))  # type: ignore[misc]
    assert result == [1] and log[-3:] == ["finally", ("exit", 2, None), "exhausted"]


def test_into_the_finally_around_the_crash_which_runs_once(lab: Lab) -> None:
    result, log = went(lab, LOOP, '"finally"', fail=(2,))  # type: ignore[misc]
    assert result == [1, 3] and log.count("finally") == 3


INTO = {
    "if": "if log('test'):",
    "elif": "if log('test'): pass\n        elif log('test'):",
    "else of an if": "if not log('test'): pass\n        else:",
    "while": "while log('test'):",
    "else of a while": "while log('test'): pass\n        else:",
    "else of a for": "for i in log('test'): pass\n        else:",
    "case": "match log('test'):\n         case {'x': name}:",
    "try": "try: log('test')\n        except KeyError: log('handler')\n        finally:",
    "else of a try": "try: log('test')\n        except KeyError: log('handler')\n        else:",
}


@pytest.mark.parametrize("what", INTO)
@pytest.mark.parametrize("forth", [True, False])
def test_into_a_block_that_needs_nothing_to_be_entered(lab: Lab, what: str, forth: bool) -> None:
    block = f"""
        {INTO[what]}
            log("before")
            log("here")
            log("inside")
            return "name" in locals()
"""
    crash = "\n        flaky()\n"
    head = "\n    def main(first=True):"
    if forth:
        assert went(lab, head + crash + block, '"here"') == (False, ["here", "inside"])
    else:
        text = head + "\n        if first is not True:" + block.replace("\n", "\n    ") + crash
        assert went(lab, text, '"here"') == (False, ["here", "inside"])


def test_a_try_that_is_entered_in_the_middle_protects_the_rest(lab: Lab) -> None:
    text = """
    def main():
        flaky()
        try:
            log("before")
            log("here")
            {}["missing"]
        except KeyError as error:
            log(repr(error))
        finally:
            log("finally")
        return 1
    """
    assert went(lab, text, '"here"') == (1, ["here", "KeyError('missing')", "finally"])


def test_a_while_that_is_entered_in_the_middle_goes_on_looping(lab: Lab) -> None:
    text = """
    def main():
        n = 0
        flaky()
        while n < 3:
            log("before")
            n += 1  # here
            log(n)
        return n
    """
    assert went(lab, text, "# here") == (3, [1, "before", 2, "before", 3])


CLOSED = {
    "for": ("for i in [1]:", "begin it"),
    "with": ("with Manager('m'):", "enter it"),
    "except": ("try: int('x')\n        except ValueError:", "run its try"),
    "if in for": ("for i in [1]:\n         if True:", "begin it"),
}


@pytest.mark.parametrize("what", CLOSED)
def test_a_block_that_only_its_header_can_enter_is_refused(lab: Lab, what: str) -> None:
    header, told = CLOSED[what]
    text = f"""
    def main():
        flaky()
        {header}
              log("here")
        return 1
    """
    said = refused(lab, text, '"here"')
    assert "DFU0017" in said and told in said


def test_a_for_that_was_left_is_not_entered_again(lab: Lab) -> None:
    text = """
    def main():
        for i in [1]:
            log("here")
        else:
            flaky()
        return 1
    """
    assert "begin it" in refused(lab, text, '"here"')


def test_a_cell_of_another_function_is_refused(lab: Lab) -> None:
    text = """
    def other():
        log("here")
    def main():
        flaky()
        return lambda: 0
    """
    text = text.replace("return lambda: 0", "return 0")
    assert "DFU0017" in refused(lab, text, '"here"') and "other" in refused(lab, text, '"here"')


def test_a_line_without_a_cell_is_refused(lab: Lab) -> None:
    text = """
    def main():
        flaky()
        # nothing here
        return 1
    """
    assert "DFU0019" in refused(lab, text, "# nothing")


def test_the_first_of_several_cells_on_a_line_and_the_inside_of_a_long_one(lab: Lab) -> None:
    text = """
    def main():
        flaky()
        log(0)
        log(1); log(2)
        log(
            "long"  # inside
        )
        return 3
    """
    assert went(lab, text, "log(1)") == (3, [1, 2, "long"])
    assert went(lab, text, "# inside") == (3, ["long"])


def test_locals_that_are_not_bound_stay_unbound(lab: Lab) -> None:
    text = """
    def main():
        flaky()
        value = 1
        try:  # here
            return value
        except NameError as error:
            return type(error).__name__
    """
    assert went(lab, text, "# here") == ("UnboundLocalError", [])


def test_a_handled_exception_is_over_and_its_name_gone(lab: Lab) -> None:
    text = """
    import sys
    def main():
        try:
            {}["x"]
        except KeyError as error:
            log(repr(sys.exception()))
            with Manager("in handler"):
                flaky()
        log((sys.exception(), "error" in locals()))
        return 1
    """
    result, log = went(lab, text, "log((sys")  # type: ignore[misc]
    assert result == 1 and log[-1] == (None, False) and ("exit", "in handler", None) in log


def test_out_of_a_handler_back_into_its_try(lab: Lab) -> None:
    text = """
    def main():
        tries = 0
        try:
            tries += 1  # here
            if tries < 2:
                {}["x"]
            log("fine")
        except KeyError:
            flaky()
        finally:
            log("finally")
        return tries
    """
    assert went(lab, text, "# here") == (2, ["fine", "finally"])


def test_out_of_a_handler_that_was_chosen_into_the_else(lab: Lab) -> None:
    text = """
    def main():
        try:
            {}["x"]
        except KeyError:
            with Manager("m"):
                flaky()
        else:
            log("else")
        finally:
            log("finally")
        return 1
    """
    assert went(lab, text, 'log("else")') == (
        1, [("enter", "m"), ("exit", "m", None), "else", "finally"],
    )  # fmt: skip


def test_what_a_finally_held_back_is_dropped(lab: Lab) -> None:
    text = """
    def main():
        for how in ("raise", "return", "break"):
            try:
                for once in [1]:
                    try:
                        if how == "raise": {}["x"]
                        if how == "return": return "returned"
                        if how == "break": break
                    finally:
                        with Manager(how):
                            flaky()
                log("here")
            except KeyError:
                log("handler")
        return "end"
    """
    answers = [to('"here"')] * 3
    assert lab.woven(BEFORE + text, *answers, fail=(1, 2, 3))[0] == "end"
    assert lab.log == [
        each
        for how in ("raise", "return", "break")
        for each in (("enter", how), ("exit", how, None), "here")
    ]


def test_back_from_a_finally_into_its_try_runs_it_again(lab: Lab) -> None:
    text = """
    def main():
        n = 0
        try:
            n += 1  # here
        finally:
            log(("finally", n))
            flaky()
        return n
    """
    assert went(lab, text, "# here") == (2, [("finally", 1), ("finally", 2)])


def test_from_a_failed_next_into_the_body_of_the_loop_and_to_its_header(lab: Lab) -> None:
    text = """
    def main():
        i = "none"
        seen = map(flaky, [1, 2, 3])
        for i in seen:
            log(i)
        return i
    """
    assert went(lab, text, "log(i)", fail=(2,)) == (3, [1, 1, 3])
    assert went(lab, text, "for i in", fail=(2,)) == (3, [1, 3])
    assert went(lab, text, "return i", fail=(2,)) == (1, [1])


def test_the_header_of_a_loop_whose_generator_died_makes_a_new_one(lab: Lab) -> None:
    text = """
    def main():
        total = 0
        for i in (flaky(n) for n in range(3)):
            total += i
        return total
    """

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        assert crash.obstacle is not None and crash.obstacle.code == "DFU0015"
        ways = ["replace", "skip", "raise", "return", "goto", "restartFrame"]
        assert crash.resolutions == ways
        return daifu.Goto(line(crash.source, "for i in"))

    assert lab.woven(text, answer, fail=(3,)) == (4, [])
    assert lab.woven(text, daifu.Skip(), fail=(3,)) == (1, [])
    anew = edited("range(3))", "range(1, 4))")
    assert lab.woven(text, anew, fail=(3,)) == (7, [])


def test_a_failed_exit_is_not_called_again_and_its_body_not_entered(lab: Lab) -> None:
    text = """
    def main():
        with Manager("outer"), Leaving(flaky):
            log("inside")
        log("behind")
        return 1
    """
    assert "enter it" in refused(lab, text, '"inside"')
    assert went(lab, text, '"behind"') == (
        1, [("enter", "outer"), "inside", ("exit", "outer", None), "behind"],
    )  # fmt: skip


def test_a_failed_enter_leaves_the_managers_before_it(lab: Lab) -> None:
    text = """
    def main():
        with Manager("A"), Manager(flaky("B")):
            log("inside")
        log("behind")
        return 1
    """
    assert went(lab, text, '"behind"') == (1, [("enter", "A"), ("exit", "A", None), "behind"])
    result, log = went(lab, text, "with Manager")  # type: ignore[misc]
    assert log[:3] == [("enter", "A"), ("exit", "A", None), ("enter", "A")] and result == 1


def test_an_exit_that_raises_on_the_way_is_seen_by_the_handlers_around(lab: Lab) -> None:
    text = """
    def main():
        try:
            with Manager("m", fails=True):
                flaky()
            log("here")
        except KeyError:
            log("handler")
        return 1
    """
    assert went(lab, text, '"here"') == (1, [("enter", "m"), ("exit", "m", None), "handler"])


def test_an_exit_that_raises_on_the_way_and_nobody_meant_is_a_crash(lab: Lab) -> None:
    text = """
    def main():
        with Manager("outer"):
            with Leaving(lambda: log("exit") or {}["x"]):
                flaky()
            log("inside")
        log("here")
        return 1
    """
    found = lab.woven(BEFORE + text, to('"here"'), to('"here"'))
    assert found == (1, [("enter", "outer"), "exit", ("exit", "outer", None), "here"])
    assert [each.type for each in lab.crashes] == ["Boom", "KeyError"]
    assert [each.line for each in lab.crashes] == [13, 12]


def test_an_abandoned_finally_with_break_and_an_abandoned_handler(lab: Lab) -> None:
    text = """
    def main():
        while True:
            try:
                try:
                    flaky()
                finally:
                    log("finally")
                    if log: break
            finally:
                log("outer")
        else:
            log("else")
        log("here")
        try:
            with Manager("m", fails=True):
                flaky()
        except KeyError:
            log("handler")
        return 1  # end
    """
    expected = ["finally", "outer", "here", ("enter", "m"), ("exit", "m", None), "handler"]
    found = lab.woven(BEFORE + text, to('"here"'), to("# end"), fail=(1, 2))
    assert found == (1, expected)


def test_in_a_generator_which_goes_on_with_its_consumer(lab: Lab) -> None:
    text = """
    def numbers():
        for i in [1, 2, 3]:
            with Manager(i):
                got = yield flaky(i)
                log(("got", got))
            log("behind")
        yield "end"
    def main():
        made = numbers()
        return [next(made), made.send("a"), made.send("b"), list(made)]
    """
    result, log = went(lab, text, '"behind"', fail=(2,))  # type: ignore[misc]
    assert result == [1, 3, "end", []]
    assert log[2:6] == [("exit", 1, None), "behind", ("enter", 2), ("exit", 2, None)]


def test_in_a_method_with_super_and_a_closure(lab: Lab) -> None:
    text = """
    class Base:
        def run(self): return "base"
    class Model(Base):
        def run(self):
            shared = 1
            read = lambda: shared
            flaky()
            shared = 100
            shared += 1  # here
            return super().run(), read(), shared, self.__hidden()
        def __hidden(self): return "hidden"
    def main():
        return Model().run()
    """
    assert went(lab, text, "# here") == (("base", 2, 2, "hidden"), [])


def test_at_module_level(lab: Lab) -> None:
    text = '''
    """Documentation."""
    from __future__ import annotations
    log("top")
    for i in iter([1, 2]):
        try:
            flaky(i)
        finally:
            log("finally")
        log(i)
    log("end")
    '''

    def run(mark: str) -> list[object]:
        lab.answers = [to(mark)]
        lab.module(text, fail=(2,))
        return lab.log

    assert run("log(i)") == ["top", "finally", 1, "finally", 2, "end"]
    assert run('log("end")') == ["top", "finally", 1, "finally", "end"]
    assert run('log("top")') == [
        "top", "finally", 1, "finally", "top", "finally", 1, "finally", 2, "end",
    ]  # fmt: skip
    assert run("Documentation")[4:6] == ["top", "finally"]
    assert run("__future__")[4:6] == ["top", "finally"]


def test_lines_count_in_the_text_that_runs_now(lab: Lab) -> None:
    first = edited("log(flaky(2))", "log('new')\n    log(flaky(2))\n    log('more')")
    found = lab.woven(STRAIGHT, first, to("'more'"), fail=(1, 2))
    assert found == (4, [1, "new", "more", 3])


def test_a_refused_line_and_then_another(lab: Lab) -> None:
    found = lab.woven(STRAIGHT, daifu.Goto(1000), daifu.Goto(999), to("log(3)"))
    assert found == (4, [1, 3])
    assert [each.refusal for each in lab.crashes] == [None, "DFU0019", "DFU0019"]


def test_crashes_on_the_new_way_recover_as_ever(lab: Lab) -> None:
    lab.answers = []
    found = lab.woven(
        BEFORE + LOOP, to("with Manager(i)"), daifu.Retry(), to('"behind"'), fail=(2, 3, 5)
    )
    assert found[0] == [1, 2]
    assert lab.log.count("exhausted") == 1


def test_the_offered_cells_are_those_that_can_be_entered(lab: Lab) -> None:
    text = """
    def main():
        start = 1
        for i in [1, 2]:
            with Manager(i):
                flaky()
                log(1); log(2)
            if start:
                log(3)
            for k in [1]:
                log(4)
        try: pass
        except KeyError: log(5)
        else: log(6)
        return 7
    """
    offered: list[str] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        found = [each.node.lineno for each in leap.targets(crash)]
        assert crash.describe()["gotoLines"] == found
        offered.extend(crash.source.splitlines()[each - 1].strip() for each in found)
        return daifu.Retry()

    lab.woven(BEFORE + text, answer)
    assert offered == [
        "start = 1", "for i in [1, 2]:", "with Manager(i):", "flaky()", "log(1); log(2)",
        "if start:", "log(3)", "for k in [1]:", "try: pass", "else: log(6)", "return 7",
    ]  # fmt: skip


def test_from_a_failed_assignment_of_a_loops_target(lab: Lab) -> None:
    text = """
    class Slot:
        def __setattr__(self, name, value):
            flaky()
            log(value)
    def main():
        place = Slot()
        for place.x in iter([1, 2, 3]):
            log("body")
        return 1
    """

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        return to('"body"')(crash) if crash.function == "main" else daifu.Raise()

    text = text.replace("flaky()\n            log(value)", "pass")
    text = text.replace(
        "        place = Slot()",
        "        place = type('P', (), dict(__setattr__=lambda s, n, v: (flaky(), log(v))))()",
    )
    assert lab.woven(text, answer, fail=(2,)) == (1, [1, "body", "body", 3, "body"])


def test_in_coroutines_and_asynchronous_generators(lab: Lab) -> None:
    text = """
    import asyncio
    class Async:
        def __init__(self, name): self.name = name
        async def __aenter__(self): log(("enter", self.name))
        async def __aexit__(self, kind, *rest):
            await asyncio.sleep(0)
            log(("exit", self.name, kind and kind.__name__))
    async def numbers():
        for i in range(3):
            async with Async(i):
                flaky(i)
                yield i
            log(("behind", i))
    async def work():
        got = []
        async for i in numbers():
            async with Async("work"):
                flaky(i)
                got.append(i)
            log("next")
        return got
    def main():
        return asyncio.run(work())
    """
    one = [("enter", 0), ("enter", "work"), ("exit", "work", None), "next"]
    result, log = went(lab, text, '"behind"', fail=(3,))  # type: ignore[misc]
    assert result == [0, 2]
    expected = [("enter", 1), ("exit", 1, None), ("behind", 1), ("enter", 2)]
    assert log[: len(one)] == one and log[6:10] == expected
    result, log = went(lab, text, '"next"', fail=(2,))  # type: ignore[misc]
    assert result == [1, 2] and log[: len(one)] == one
    result, log = went(lab, text, "async for", fail=(4,))  # type: ignore[misc]
    assert result == [0, 0, 1, 2]


def test_the_exception_that_was_handled_is_let_go(lab: Lab) -> None:
    class Held(Exception):
        pass

    seen: list[weakref.ref[Held]] = []

    def held() -> Held:
        made = Held()
        seen.append(weakref.ref(made))
        return made

    text = """
    def main():
        try:
            raise held()
        except Exception:
            flaky()
        gc.collect()  # here
        return seen[0]()
    """
    lab.answers = [to("# here")]
    module = lab.module(text, fail=(1,), held=held, seen=seen, gc=gc)
    assert lab.outcome(module) == (None, [])


STARS = """
    import sys
    def main():
        for n in range(2):
            try:
                raise ExceptionGroup("all", [KeyError(n), ValueError(n), TypeError(n)])
            except* KeyError as error:
                with Manager(n):
                    log(type(sys.exception()).__name__)
                    flaky()
                    log("inside")
            except* ValueError:
                log("value")
            except* TypeError:
                log("type")
            else:
                log("else")
            finally:
                log("finally")
            log((sys.exception(), "error" in locals()))
        return 1
    """


def test_in_and_out_of_a_handler_of_exception_groups(lab: Lab) -> None:
    began = [("enter", 0), "ExceptionGroup"]
    ended = [("exit", 0, None), "value", "type", "finally", (None, False)]
    second = [("enter", 1), "ExceptionGroup", "inside", ("exit", 1, None), *ended[1:]]
    assert went(lab, STARS, '"inside"') == (1, [*began, "inside", *ended, *second])
    out = [("exit", 0, None), "finally", (None, False)]
    assert went(lab, STARS, "log((sys") == (1, [*began, *out, *second])
    assert went(lab, STARS, '"else"') == (1, [*began, out[0], "else", *out[1:], *second])
    assert went(lab, STARS, '"finally"') == (1, [*began, *out, *second])
    again = [("enter", 0), "ExceptionGroup", "inside", *ended]
    assert went(lab, STARS, "raise Exc") == (1, [*began, out[0], *again, *second])
    assert went(lab, STARS, "try:") == (1, [*began, *out[:2], *again, *second])
    assert "run its try" in refused(lab, STARS, '"value"')


WAYS = {
    "skip": (daifu.Skip(), 1),
    "return": (daifu.Return(5), 5),
    "goto": (to('"here"'), 1),
    "goto itself": (to("with Manager"), 1),
    "raise": (daifu.Raise(OSError()), 1),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("kind", ["with", "async with"])
def test_the_managers_around_an_exit_that_failed_on_an_exception(
    lab: Lab, way: str, failing: int, kind: str
) -> None:
    """The exit that failed is not called again; those further out still are."""
    text = """
    import asyncio
    class Async(Manager):
        async def __aenter__(self): return self.__enter__()
        async def __aexit__(self, *error): return self.__exit__(*error)
    class Fails:
        def __enter__(self): log("enters")
        __aenter__ = lambda s: asyncio.sleep(0, log("enters"))
        __exit__ = lambda s, *error: flaky()
        __aexit__ = lambda s, *error: asyncio.sleep(0, flaky())
    async def main():
        for once in (0,):
            try:
                MANAGERS:
                    {}["x"]
            except OSError:
                log("OSError")
            except KeyError:
                log("handler")
        log("here")
        return 1
    """
    items = [f'Manager("{n}")' for n in range(3)]
    items[failing] = "Fails()"
    names = [f"{n}" for n in range(3)]
    if kind == "with":
        text = text.replace("async def main", "def main")
    else:
        items = [each.replace("Manager", "Async") for each in items]
    managers = kind + " " + ", ".join(items)
    answer, value = WAYS[way]
    if way == "goto itself":
        answer = to("with Manager" if failing and kind == "with" else managers)
    call = "main()" if kind == "with" else "asyncio.run(main())"
    result, log = lab.woven(BEFORE + text.replace("MANAGERS", managers), answer, call=call)
    assert [each.refusal for each in lab.crashes] == [None]
    inner = [("exit", n, "KeyError") for n in reversed(names[failing + 1 :])]
    outer = {"raise": "OSError", "skip": "KeyError"}.get(way)
    outer_ = [("exit", n, outer) for n in reversed(names[:failing])]
    assert log[3:][: len(inner + outer_)] == inner + outer_
    assert result == value
    if way == "goto itself":
        entered = [each for each in log if each[0] == "enter" or each == "enters"]
        assert len(entered) == 6 and log[-2:] == ["handler", "here"]
    elif outer is not None:
        assert log[-2:] == ["OSError" if way == "raise" else "handler", "here"]
    else:
        assert log[3 + len(inner + outer_) :] == (["here"] if way != "return" else [])


MATCHING = {
    "skip": (daifu.Skip(), 1, ["finally", "here"]),
    "return": (daifu.Return(5), 5, ["finally"]),
    "raise": (daifu.Raise(OSError("o")), 1, ["finally", "OSError", "here"]),
    "retry": (daifu.Retry(), 1, ["handler", "finally", "here"]),
    "goto": (to('"here"'), 1, ["finally", "here"]),
    "goto else": (to('"else"'), 1, ["else", "finally", "here"]),
    "goto finally": (to('"finally"'), 1, ["finally", "here"]),
    "goto itself": (to("try:  # inner"), 1, ["finally", "handler", "finally", "here"]),
    "restart": (daifu.RestartFrame(), 1, ["finally", "handler", "finally", "here"]),
}


@pytest.mark.parametrize("way", MATCHING)
@pytest.mark.parametrize("star", ["", "*"])
def test_a_crash_in_the_choice_of_a_handler(lab: Lab, way: str, star: str) -> None:
    """Whatever becomes of it, the `finally` runs once and the exception is no longer current."""
    text = f"""
    import sys
    def main():
        try:
            try:  # inner
                raise ExceptionGroup("all", [KeyError()])
            except{star} flaky(None or {"KeyError" if star else "ExceptionGroup"}):
                log("handler")
            else:
                log("else")
            finally:
                log("finally")
        except OSError as error:
            log(type(error).__name__)
            assert {bool(star)} or isinstance(error.__context__, ExceptionGroup)
        assert sys.exception() is None
        log("here")
        return 1
    """
    answer, value, log = MATCHING[way]
    assert lab.woven(BEFORE + text, answer) == (value, log)
    assert [each.refusal for each in lab.crashes] == [None]


def test_in_a_class_body(lab: Lab) -> None:
    text = """
    def main():
        log("main")
        class C:
            log("top")
            for i in iter([1, 2]):
                with Manager(i):
                    x = flaky(i)
                log("behind")
            def name(self):
                return __class__.__name__, self.x
            log("end")
        return C().name(), C.i
    """
    began = ["main", "top", ("enter", 1), ("exit", 1, None), "behind"]
    left = [("enter", 2), ("exit", 2, None)]
    found = went(lab, text, '"behind"', fail=(2,))
    assert found == ((("C", 1), 2), [*began, *left, "behind", "end"])
    found = went(lab, text, '"top"', fail=(2,))
    assert found == ((("C", 2), 2), [*began, *left, *began[1:], *left, "behind", "end"])
    assert "belongs to main" in refused(lab, text, '"main"', fail=(2,))


def test_exits_on_the_way_see_the_exception_that_is_handled_there(lab: Lab) -> None:
    text = """
    import sys
    def main():
        try:
            try:
                {}["x"]
            except KeyError:
                with Leaving(lambda: log(type(sys.exception()).__name__)):
                    flaky()
            log("here")
            try:
                {}["y"]
            finally:
                with Leaving(lambda: log(type(sys.exception()).__name__)):
                    flaky()
        except KeyError:
            log("handler")
        log("end")
        return sys.exception()
    """
    found = lab.woven(BEFORE + text, to('"here"'), to('"end"'), fail=(1, 2))
    assert found == (None, ["KeyError", "here", "KeyError", "end"])
