"""Leaving loops, blocks and functions after a recovery, where the original tool lost its way."""

from __future__ import annotations

import textwrap

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Boom, Lab

MANAGER = """
    class Manager:
        def __init__(self, name): self.name = name
        def __enter__(self): log(("enter", self.name)); return self
        def __exit__(self, kind, error, traceback): log(("exit", self.name, kind and kind.__name__))
    """

LEAVING = {
    "return": "return flaky(i)",
    "break": "if flaky(i) == 1: break",
    "continue": "if flaky(i) == 1: continue",
    "raise": "if flaky(i) == 1: raise KeyError(i)",
}


@pytest.mark.parametrize("how", LEAVING)
def test_leaving_from_inside_with_after_resuming(lab: Lab, how: str) -> None:
    text = (
        MANAGER
        + f"""
    def main():
        for i in range(3):
            with Manager(i) as m:
                log(i)
                {LEAVING[how]}
                log("end of pass")
        else:
            log("else")
        return "after"
    """
    )
    lab.check_everywhere(text)


@pytest.mark.parametrize("how", LEAVING)
def test_leaving_through_finally_after_resuming(lab: Lab, how: str) -> None:
    text = f"""
    def main():
        for i in range(3):
            try:
                try:
                    log(i)
                    {LEAVING[how]}
                finally:
                    log(("inner", flaky(i)))
            finally:
                log(("outer", flaky(i)))
        else:
            log("else")
        return "after"
    """
    lab.check_everywhere(text)


def test_while_with_else_and_break(lab: Lab) -> None:
    text = """
    def main():
        for stop in (1, 9):
            n = 0
            while flaky(n) < 3:
                n += 1
                if flaky(n) == stop:
                    log("break"); break
                log(n)
            else:
                log(("else", flaky(n)))
        return n
    """
    lab.check_everywhere(text)


def test_nested_loops_break_only_the_inner_one(lab: Lab) -> None:
    text = """
    def main():
        for i in range(2):
            for j in range(3):
                if flaky(j) == 1:
                    break
                log((i, j))
            else:
                log("never")
            log(("outer", i, j))
        return i, j
    """
    lab.check_everywhere(text)


def test_a_manager_is_exited_once_with_the_exception_that_leaves_it(lab: Lab) -> None:
    text = (
        MANAGER
        + """
    def main():
        try:
            with Manager("a"), Manager("b"):
                flaky()
                raise KeyError("meant")
        except KeyError as error:
            log(repr(error))
    """
    )
    lab.check(text)
    assert lab.log.count(("exit", "a", "KeyError")) == 1


def test_the_next_pass_enters_a_new_manager(lab: Lab) -> None:
    lab.check(MANAGER + """
    def main():
        for i in range(3):
            with Manager(i):
                log(flaky(i))
    """, fail=(2,))  # fmt: skip
    assert lab.log[:3] == [("enter", 0), 0, ("exit", 0, None)]


class Library:
    """A manager of code that is not vaccinated, which fails once at entering or at leaving."""

    def __init__(self, log: list[object], fail: str) -> None:
        self.log, self.fail = log, fail

    def step(self, name: str) -> None:
        self.log.append(name)
        if self.fail == name:
            self.fail = ""
            raise Boom(name)

    def __enter__(self) -> str:
        self.step("enter")
        return "entered"

    def __exit__(self, *error: object) -> None:
        self.step("exit")


def test_enter_of_the_second_manager_keeps_the_first(lab: Lab) -> None:
    lab.always = daifu.Retry()
    module = lab.module(MANAGER + """
    def main(library):
        for i in range(2):
            with Manager("a") as a, library as b, Manager("c"):
                log((a.name, b))
    """)  # fmt: skip
    module.main(Library(lab.log, "enter"))
    one_pass = [("enter", "a"), "enter", ("enter", "c"), ("a", "entered")]
    one_pass += [("exit", "c", None), "exit", ("exit", "a", None)]
    assert lab.log == [one_pass[0], "enter", *one_pass[1:], *one_pass]
    assert [each.line for each in lab.crashes] == [8]


def test_the_expression_of_a_later_with_item(lab: Lab) -> None:
    lab.check_everywhere(MANAGER + """
    def main():
        with Manager(flaky("a")) as a, Manager(flaky("b")) as b:
            log(a.name + b.name)
    """)  # fmt: skip


@pytest.mark.parametrize("withs", ["library", "Manager(1), library", "library, Manager(1)"])
def test_an_exit_that_raises_is_retried_alone(lab: Lab, withs: str) -> None:
    lab.always = daifu.Retry()
    module = lab.module(MANAGER + f"""
    def main(library):
        for i in range(2):
            with {withs}:
                log("body")
        return "done"
    """)  # fmt: skip
    assert module.main(Library(lab.log, "exit")) == "done"
    assert lab.log.count("exit") == 3 and lab.log.count("enter") == lab.log.count("body") == 2
    assert lab.log.count(("exit", 1, None)) == lab.log.count(("enter", 1)) == 2 * withs.count("1")


EXITS = """
    def depth(traceback):
        count = 0
        while traceback is not None: traceback, count = traceback.tb_next, count + 1
        return count
    def noted(name, kind, error, traceback):
        log(("exit", name, kind and kind.__name__, error and error.args, depth(traceback)))
        return name == kind
    class Flaky:
        def __init__(self, name): self.name = name
        def __enter__(self): log(("enter", self.name)); return self
        # A lambda has no barrier: its crash is one of the exit that calls it.
        __exit__ = lambda self, *error: flaky() or noted(self.name, *error)
    def fail():
        raise KeyError("meant")
    def main():
        got = []
        for turn in range(4):
            try:
                with Flaky(1), Flaky(2) as two:
                    with Flaky(3):
                        if turn == 0: continue
                        if turn == 1: fail()
                        if turn == 3: return got.append(turn) or (got, turn)
                    got.append(turn)
            except KeyError as error:
                got.append(error.args)
            finally:
                log(("finally", turn))
        return got
"""


def test_an_exit_is_retried_whatever_its_body_was_left_for(lab: Lab) -> None:
    lab.check_everywhere(EXITS)


def test_an_exit_is_retried_when_its_block_is_broken_out_of(lab: Lab) -> None:
    lab.check_everywhere(EXITS.replace("return got.append(turn) or (got, turn)", "break"))


def test_an_exit_is_retried_when_the_else_of_a_loop_in_its_block_leaves_it(lab: Lab) -> None:
    whole = "return got.append(turn) or (got, turn)"
    assert f"if turn == 3: {whole}" in EXITS
    broken = EXITS.replace(f"if turn == 3: {whole}", "for _ in ():\n" + " " * 28 + "pass")
    lab.check_everywhere(
        broken.replace(
            "                    got.append(turn)\n",
            " " * 24
            + "else:\n"
            + " " * 28
            + "if turn == 3: break\n"
            + " " * 20
            + "got.append(turn)\n",
            1,
        )
    )


def test_an_exit_that_swallows_is_retried(lab: Lab) -> None:
    lab.check_everywhere(
        EXITS.replace("return name == kind", "return name == 2 and kind is KeyError")
    )


def test_an_exit_at_module_level_is_retried(lab: Lab) -> None:
    lines = textwrap.dedent(EXITS).splitlines()
    at = next(n for n, line in enumerate(lines) if "def main" in line)
    body = [line[4:] for line in lines[at + 1 : -1]]
    text = "\n".join([*lines[:at], *body])
    lab.check_everywhere(text.replace("return got.append(turn) or (got, turn)", "break"), "got")


def test_a_skipped_exit_lets_go_on_what_was_on_its_way(lab: Lab) -> None:
    lab.always = daifu.Skip()
    for at in range(1, 10):
        assert lab.woven(EXITS, fail=(at,))[0] == ([(("meant",)), 2, 3], 3), at
        assert lab.booms == 1
        lab.crashes.clear()


def test_seven_managers_in_one_statement(lab: Lab) -> None:
    items = ", ".join(f"Manager({n})" for n in range(7))
    lab.check(MANAGER + f"""
    def main():
        with {items}:
            log(flaky("in"))
    """)  # fmt: skip


def test_too_deep_a_nesting_runs_unvaccinated_rather_than_not_at_all(lab: Lab) -> None:
    deep = "".join("    " * (n + 2) + f"with Manager({n}):\n" for n in range(10))
    text = MANAGER + "\n    def main():\n" + deep + "    " * 12 + "return flaky('deep')\n"
    assert lab.plain(text) == lab.woven(text, fail=())
    lab.crashes.clear()
    lab.woven(text)
    assert not lab.crashes


@pytest.mark.parametrize("entries", [11, 17, 40])
def test_a_wide_display_before_a_crash_inside_with_and_finally(lab: Lab, entries: int) -> None:
    wide = ", ".join(f"'k{n}': one({n})" for n in range(entries))
    lab.check_everywhere(MANAGER + f"""
    one = int
    def main():
        with Manager("m"):
            try:
                table = {{{wide}}}
                flaky(len(table))
                for k in [{wide.replace(":", ",")}]:
                    pass
                call = dict({", ".join(f"a{n}=one({n})" for n in range(entries))})
                return flaky((len(table), len(call), k))
            finally:
                log(flaky("finally"))
    """)  # fmt: skip


@pytest.mark.parametrize("at", range(1, 5))
def test_a_crash_deep_inside_an_expression_of_many_operands(lab: Lab, at: int) -> None:
    operands = ", ".join(f"flaky({n})" if n % 10 == 5 else f"one({n})" for n in range(40))
    lab.check(f"""
    one = int
    import contextlib
    def main():
        for i in range(2):
            with contextlib.nullcontext():
                log([{operands}])
    """, fail=(at,))  # fmt: skip
