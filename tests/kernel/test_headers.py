"""Crashes in headers: a loop's iterable or `__next__`, its target, a condition."""

from __future__ import annotations

import textwrap

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Boom, Flaky, Lab, edited


class Rows:
    """An iterator of unvaccinated code that survives its own failures, as a data loader does."""

    def __init__(self, flaky: Flaky, count: int = 4) -> None:
        self.flaky, self.count, self.at = flaky, count, 0

    def __iter__(self) -> Rows:
        return self

    def __next__(self) -> int:
        if self.at == self.count:
            raise StopIteration
        self.flaky()
        self.at += 1
        return self.at


def test_a_crash_in_next_goes_on_with_the_same_iterator(lab: Lab) -> None:
    lab.always = daifu.Retry()
    text = """
    def main(rows):
        for row in rows:
            log(row)
            if row == limit: break
        else:
            log("else")
        return row
    """
    for limit in (0, 3):
        for at in range(1, 5):
            lab.crashes.clear()
            module = lab.module(text, limit=limit)
            last = module.main(Rows(Flaky((at,))))
            assert last == (limit or 4)
            assert lab.log == ([1, 2, 3] if limit else [1, 2, 3, 4, "else"])
            assert lab.booms == (not limit or at <= limit)


def test_skipping_a_crash_in_next_leaves_the_loop_properly(lab: Lab) -> None:
    module = lab.module("""
    def main(rows):
        for row in rows:
            log(row)
        log("after")
    """)
    lab.answers = [daifu.Skip()]
    module.main(Rows(Flaky((3,))))
    assert lab.log == [1, 2, "after"]


DEAD = """
    def rows(start=0):
        return (flaky(i) for i in range(start, 6))
    def main():
        for row in rows():
            log(row)
        return "ended"
    """


@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_dead_generator_is_refused_not_ended_silently(lab: Lab, at: int) -> None:
    lab.always = daifu.Retry()
    raised = ("raised", "Boom", str(at - 1))
    assert lab.woven(DEAD, fail=(at,)) == (raised, list(range(at - 1)))
    assert [each.refusal for each in lab.crashes] == [None, "DFU0015"]


def test_a_loop_that_has_become_warm_knows_its_header_still(lab: Lab) -> None:
    """3.12 inlines a generator into a loop that runs often, and says another offset then."""
    lab.always = daifu.Retry()
    module = lab.module(DEAD)
    for _ in range(50):
        module.main()
    lab.log.clear()
    module.flaky.calls, module.flaky.fail = 0, (4,)
    with pytest.raises(Boom):
        module.main()
    assert lab.log == [0, 1, 2]
    assert [each.refusal for each in lab.crashes] == [None, "DFU0015"]


def test_a_dead_generator_can_be_built_anew_by_an_edit_of_the_header(lab: Lab) -> None:
    got = lab.woven(DEAD, edited("in rows():", "in rows(1):"), fail=(2,))
    assert got == ("ended", [0, 1, 2, 3, 4, 5])


def test_the_iterable_of_a_loop_is_made_once(lab: Lab) -> None:
    lab.check_everywhere("""
    def main():
        for i in flaky(range(2)):
            for j in flaky([i, i]):
                log((i, j))
            else:
                log(flaky("else"))
    """)


def test_a_failing_iter_is_retried_with_the_header(lab: Lab) -> None:
    lab.check_everywhere("""
    class Things:
        def __iter__(self):
            return iter(flaky((1, 2)))
    def main():
        for i in Things():
            log(i)
    """)


def test_a_target_that_cannot_be_assigned_is_skipped_not_retried(lab: Lab) -> None:
    text = """
    def main():
        for a, b in [(1, 2), (3, 4, 5), (6, 7)]:
            log((a, b))
        return "ended"
    """
    assert lab.woven(text, daifu.Retry(), daifu.Skip()) == ("ended", [(1, 2), (6, 7)])
    assert [each.refusal for each in lab.crashes] == [None, "DFU0022"]


def test_a_retried_header_does_not_rebind_the_target(lab: Lab) -> None:
    lab.check("""
    def main():
        for i in range(3):
            i = i * 10
            log(flaky(i))
        return i
    """, fail=(2,))  # fmt: skip


def test_conditions_are_tested_again_but_only_the_failed_one(lab: Lab) -> None:
    lab.check_everywhere("""
    def main():
        n = 0
        while flaky(n) < 3 and flaky(True):
            if flaky(n) == 0:
                log("zero")
            elif flaky(n) == 1:
                log("one")
            else:
                log(flaky("many"))
            n += 1
        else:
            log("else")
        assert flaky(n) == 3, flaky("never")
        match flaky(n):
            case 3 if flaky(True):
                return "three"
    """)


def test_an_edited_while_condition(lab: Lab) -> None:
    text = """
    def main():
        n = 0
        while n < limits[n]:
            n += 1
            log(n)
        return n
    """
    module = lab.module(text, limits=[9, 9])
    lab.answers = [edited("n < limits[n]", "n < 3")]
    assert module.main() == 3
    assert lab.log == [1, 2, 3]


def test_several_statements_on_a_line_and_walrus(lab: Lab) -> None:
    lab.check_everywhere("""
    def main():
        x = flaky(1); y = flaky(2); log((x, y)); x += flaky(3)
        if (z := flaky(4)) and flaky(z): log(z); y -= flaky(1)
        first, *others = flaky([x, y, z])
        return first, others
    """)


def test_module_level_code(lab: Lab) -> None:
    text = """
    total = 0
    for step in range(4):
        with open(__file__) as stream:
            try:
                total += flaky(step)
            finally:
                log((step, stream.closed))
    else:
        log("else")
    while total > 3:
        total -= flaky(1)
    def main():
        return total, stream.closed, step
    """
    lab.check_everywhere(text)
    assert lab.crashes[0].function == "<module>"


def test_boom_is_what_the_handler_sees(lab: Lab) -> None:
    lab.always = daifu.Retry()
    text = """
    def main(argument=1):
        local = 2
        return flaky(local)
    """
    assert lab.woven(text) == (2, [])
    seen = lab.crashes[0]
    assert (seen.line, seen.function, seen.type, seen.message) == (3, "main", Boom.__name__, "2")
    assert sorted(seen.names) == ["argument", "local"]


GUARDS = """
    asked = []
    def subject():
        asked.append('subject')
        return None, 2
    def main():
        got = []
        for turn in range(2):
            match subject():
                case (1, other):
                    got.append('first')
                case (nothing, other) if flaky(other == 3):
                    got.append('second')
                case (_, other) if flaky(turn) == 1:
                    got.append(other)
                    continue
                case _ if flaky(True):
                    got.append('none')
        return got, asked
"""


def test_a_crash_in_a_guard_tries_that_guard_alone_again(lab: Lab) -> None:
    lab.check_everywhere(GUARDS)
    lines = [line[4:] for line in textwrap.dedent(GUARDS).splitlines()[6:-1]]
    lab.check_everywhere(
        "\n".join(
            [
                "got = []",
                "asked = []",
                "def subject():",
                "    asked.append('subject')",
                "    return None, 2",
                *lines,
            ]
        ),
        "(got, asked)",
    )


def test_a_changed_guard_is_the_one_tried_again(lab: Lab) -> None:
    text = """
    def main():
        match log('asked') or [1, 2]:
            case [1, x] if x / 0:
                return 'divided'
            case [1, x]:
                return 'other'
    """
    assert lab.woven(text, edited("x / 0", "x == 2"), fail=()) == ("divided", ["asked"])
    assert lab.woven(text, edited("x / 0", "x == 3"), fail=()) == ("other", ["asked"])
    assert lab.woven(text, daifu.Skip(), fail=()) == (None, ["asked"])
    lab.crashes.clear()
    changed = edited("[1, x] if x / 0", "[x, 2] if x")
    assert lab.woven(text, changed, fail=()) == ("divided", ["asked", "asked"])


def test_an_exit_that_is_called_again_and_an_enter_that_fails_in_the_next_pass(lab: Lab) -> None:
    """The managers of one header are told apart however often a continuation holds it."""
    text = """
    def manager(enter, leave):
        return type("M", (), dict(__enter__=lambda s: enter(), __exit__=lambda s, *r: leave()))()
    def main():
        for n in range(2):
            with manager(lambda: log("A"), lambda: (flaky(), log("a"))[1]), manager(
                lambda: (flaky(), log("B"))[1], lambda: log("b")
            ):
                log("body")
    """
    lab.check(text, fail=(2, 4))
    lab.check_everywhere(text)


@pytest.mark.parametrize(
    ("header", "rest"),
    [
        ("if (flaky() or\n        1):", " y = 1"),
        ("while ((flaky()\n)):", " y = 1; break"),
        ("if (flaky() or\n        1):", "\n        y = 1"),
        ("with (open(flaky()) as f,\n  open('é')):", "\n        @print\n        def y(): pass"),
        ("match (flaky(),\n    1):", "\n        case 1: y = 2"),
    ],
)
def test_a_crashed_header_is_shown_as_far_as_it_goes(lab: Lab, header: str, rest: str) -> None:
    seen = []

    def look(crash: daifu.Crash) -> daifu.Resolution:
        seen.append((crash.code, crash.end_line - crash.line))
        return daifu.Skip()

    lab.always = look
    lab.module(f"def main():\n    {header}{rest}\n    return 1\n", fail=(1,)).main()
    assert seen == [(header.replace("\n    ", "\n"), header.count("\n"))]
