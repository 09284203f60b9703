"""Which cells can be gone to: what is entered there can be entered in its middle."""

from __future__ import annotations

import pytest

import daifu_dap as daifu
from daifu_dap.recovery import goto
from tests.kernel.conftest import Lab
from tests.kernel.ways import BEFORE, refused, to, went

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
    said = refused(lab, text, to('"here"'))
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
    assert "begin it" in refused(lab, text, to('"here"'))


def test_a_cell_of_another_function_is_refused(lab: Lab) -> None:
    text = """
    def other():
        log("here")
    def main():
        flaky()
        return lambda: 0
    """
    text = text.replace("return lambda: 0", "return 0")
    said = refused(lab, text, to('"here"'))
    assert "DFU0017" in said and "other" in said


def test_a_line_without_a_cell_is_refused(lab: Lab) -> None:
    text = """
    def main():
        flaky()
        # nothing here
        return 1
    """
    assert "DFU0019" in refused(lab, text, to("# nothing"))


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
        found = [each.node.lineno for each in goto.targets(crash)]
        assert crash.describe()["gotoLines"] == found
        offered.extend(crash.source.splitlines()[each - 1].strip() for each in found)
        return daifu.Retry()

    lab.woven(BEFORE + text, answer)
    assert offered == [
        "start = 1", "for i in [1, 2]:", "with Manager(i):", "flaky()", "log(1); log(2)",
        "if start:", "log(3)", "for k in [1]:", "try: pass", "else: log(6)", "return 7",
    ]  # fmt: skip
