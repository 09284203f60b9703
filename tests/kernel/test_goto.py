"""Going on at another cell: in straight code and around loops, in the text that runs now."""

from __future__ import annotations

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited
from tests.kernel.ways import BEFORE, line, to, went

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
    result, log = went(lab, LOOP, '"behind"', fail=(2,))
    assert result == [1, 3]
    second = ["finally", ("exit", 2, None), ("behind", 2), ("pass", 3)]
    assert log[log.index(("enter", 2)) + 1 :][:4] == second


def test_the_line_of_a_live_with_leaves_it_and_enters_it_again(lab: Lab) -> None:
    result, log = went(lab, LOOP, "with Manager(i)", fail=(2,))
    assert result == [1, 2, 3]
    at = log.index(("enter", 2))
    assert log[at + 1 : at + 4] == ["finally", ("exit", 2, None), ("enter", 2)]


def test_the_line_of_a_live_for_begins_it_anew(lab: Lab) -> None:
    result, log = went(lab, LOOP, "for i in", fail=(2,))
    assert result == [1, 1, 2, 3] and log.count(("exit", 2, None)) == 2


def test_out_of_the_loop_skips_its_else(lab: Lab) -> None:
    result, log = went(lab, LOOP, "return done", fail=(2,))
    assert result == [1] and log[-2:] == ["finally", ("exit", 2, None)]


def test_into_the_else_of_the_loop(lab: Lab) -> None:
    result, log = went(lab, LOOP, '"exhausted"', fail=(2,))
    assert result == [1] and log[-3:] == ["finally", ("exit", 2, None), "exhausted"]


def test_into_the_finally_around_the_crash_which_runs_once(lab: Lab) -> None:
    result, log = went(lab, LOOP, '"finally"', fail=(2,))
    assert result == [1, 3] and log.count("finally") == 3


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
