"""What may be done about a crash, and refusals, after which the same somebody is asked again."""

from __future__ import annotations

import sys

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab, edited

TEXT = """
    import contextlib
    class Manager:
        def __enter__(self): log("enter")
        def __exit__(self, kind, *rest): log(("exit", kind and kind.__name__))
    def main():
        before = 1
        for i in range(3):
            with Manager():
                try:
                    before += flaky(i)
                    log(before)
                finally:
                    log("finally")
        return before
    """


def test_skip_goes_on_behind_the_cell(lab: Lab) -> None:
    result, log = lab.woven(TEXT, daifu.Skip(), fail=(2,))
    assert result == 3 and log.count("finally") == 3 and log.count(("exit", None)) == 3


def test_raise_lets_the_exception_go_on_through_with_and_finally(lab: Lab) -> None:
    result, log = lab.woven(TEXT, daifu.Raise(), fail=(2,))
    assert result == ("raised", "Boom", "1")
    assert log[-2:] == ["finally", ("exit", "Boom")]


def test_raise_another_exception_at_the_cell(lab: Lab) -> None:
    result, log = lab.woven(TEXT, daifu.Raise(KeyError("other")), fail=(2,))
    assert result == ("raised", "KeyError", "'other'")
    assert log[-2:] == ["finally", ("exit", "KeyError")]
    assert len(lab.crashes) == 1  # what was decided holds at every barrier further out


@pytest.mark.parametrize("given", ["daifu.Raise(KeyError('other'))", "daifu.Raise(KeyError)"])
def test_another_exception_is_the_callers_and_the_next_crash_is_held(lab: Lab, given: str) -> None:
    text = """
    def inner():
        try:
            flaky()
        finally:
            log("finally")
    def main():
        try:
            inner()
        except KeyError:
            log("caller")
        try:
            inner()
        except KeyError:
            log("caller")
        try:
            flaky()
        except LookupError:
            log("own")
        flaky()
        return "end"
    """
    other = eval(given, {"daifu": daifu})
    answers = (other, daifu.Retry(), other, daifu.Skip())
    result, log = lab.woven(text, *answers, fail=(1, 2, 4, 5))
    assert result == "end"
    assert log == ["finally", "caller", "finally", "own"]
    assert [each.type for each in lab.crashes] == ["Boom"] * 4


def test_raise_another_exception_that_a_handler_around_takes(lab: Lab) -> None:
    text = """
    def main():
        try:
            flaky()
        except KeyError as error:
            return repr(error), repr(error.__context__)
    """
    assert lab.woven(text, daifu.Raise(KeyError("other")))[0][0] == "KeyError('other')"


def test_return_ends_with_and_finally_properly(lab: Lab) -> None:
    result, log = lab.woven(TEXT, daifu.Return("value"), fail=(2,))
    assert result == "value" and log[-2:] == ["finally", ("exit", None)]


def test_assigning_locals_changes_the_frame(lab: Lab) -> None:
    def assign(crash: daifu.Crash) -> daifu.Resolution:
        assert crash.locals["before"] == 1 and crash.locals["i"] == 1
        crash.locals["before"] = 100
        return daifu.Retry()

    assert lab.woven(TEXT, assign, fail=(2,))[0] == 103


def test_assigning_a_closure_variable_and_deleting_a_local(lab: Lab) -> None:
    def assign(crash: daifu.Crash) -> daifu.Resolution:
        crash.locals["shared"] = 5
        del crash.locals["gone"]
        return daifu.Retry()

    text = """
    def main():
        shared, gone = 1, 2
        read = lambda: shared
        flaky()
        return read(), shared, "gone" in locals()
    """
    assert lab.woven(text, assign) == ((5, 5, False), [])


def test_a_refused_replacement_changes_nothing_and_asks_again(lab: Lab) -> None:
    broken = edited("before += flaky(i)", "before += flaky(i")
    gone = edited("for i in range(3):", "if True:")
    expected = lab.plain(TEXT)
    assert lab.woven(TEXT, broken, gone, daifu.Retry(), fail=(2,)) == expected
    assert [each.refusal for each in lab.crashes] == [None, "DFU0001", "DFU0010"]
    assert len({each.stop_id for each in lab.crashes}) == 1


def test_a_handler_that_gives_no_resolution_is_told_so(lab: Lab) -> None:
    nonsense = lambda crash: "retry"  # noqa: E731
    lab.woven(TEXT, nonsense, daifu.Retry(), fail=(2,))  # type: ignore[arg-type]
    assert [each.refusal for each in lab.crashes] == [None, "DFU0020"]


EDITS = {
    "the cell": ("before += flaky(i)", "before += 10"),
    "lines before": ("before += flaky(i)", "log('new')\n                before += 10"),
    "a line behind only": ("log(before)", "log(('edited', before))"),
    "an earlier line only": ("before = 1", "before = 500"),
    "wrapped in if": ("before += flaky(i)", "if i < 5:\n                    before += 10"),
    "wrapped in try": (
        "before += flaky(i)",
        "try:\n                    before += 1 // 0\n"
        "                except ZeroDivisionError:\n                    before += 10",
    ),
    "wrapped in with": (
        "before += flaky(i)",
        "with contextlib.nullcontext(10) as ten:\n                    before += ten",
    ),
    "an added loop": (
        "before += flaky(i)", "for k in range(10):\n                    before += 1",
    ),
    "a new helper": ("before += flaky(i)", "before += helper()"),
}  # fmt: skip
RESULTS = {"a line behind only": 4, "an earlier line only": 4}
HELPER = "def main():"


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_of(lab: Lab, what: str) -> None:
    old, new = EDITS[what]

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        assert old in crash.source
        text = crash.source.replace(old, new)
        if "helper" in new:
            added = "import math\nTEN = 10\ndef helper():\n    return math.floor(TEN)\n"
            text = text.replace(HELPER, added + HELPER)
        return daifu.Replace(text)

    result, log = lab.woven(TEXT, answer, fail=(2,))
    # 0 from the first pass, then either ten for each of two passes, or as it was.
    assert result == RESULTS.get(what, 21)
    assert log.count("enter") == log.count("finally") == log.count(("exit", None)) == 3
    assert ("edited" in str(log)) == (what == "a line behind only")
    assert log.count("new") == (2 if what == "lines before" else 0)
    assert not any(each.refusal for each in lab.crashes)


def test_an_edit_of_a_helper_and_a_new_method_take_effect_at_once(lab: Lab) -> None:
    text = """
    class Model:
        def run(self, x):
            return helper(flaky(x))
    def helper(x):
        return x
    def main():
        model = Model()
        return model.run(1), model.run(2)
    """
    new = "return self.twice(helper(x))\n    def twice(self, x):\n        return 2 * x"

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        text = crash.source.replace("return helper(flaky(x))", new)
        return daifu.Replace(text.replace("    return x\n", "    return x + 100\n"))

    assert lab.woven(text, answer) == ((202, 204), [])


def test_an_import_that_fails_rolls_the_whole_edit_back(lab: Lab) -> None:
    text = """
    def helper():
        return "old"
    def main():
        flaky()
        return helper(), "CONSTANT" in globals()
    """

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        added = "CONSTANT = 1\nimport module_that_is_nowhere\n"
        return daifu.Replace(added + crash.source.replace('"old"', '"new"'))

    assert lab.woven(text, answer, daifu.Retry()) == (("old", False), [])
    assert [each.refusal for each in lab.crashes] == [None, "DFU0016"]


def test_what_a_refused_edit_imported_is_forgotten(lab: Lab) -> None:
    package = lab.folder / "colours"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "red.py").write_text("import colorsys\n")
    text = """
    import colours, sys
    def main():
        flaky()
        present = [name in sys.modules for name in ("colours.red", "colorsys", "colours")]
        return present, hasattr(colours, "red")
    """
    (lab.folder / "leaves.py").write_text("raise SystemExit(3)\n")

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Replace("import colours.red\nimport leaves\n" + crash.source)

    known = sys.modules.pop("colorsys", None)
    sys.path.insert(0, str(lab.folder))
    try:
        assert lab.woven(text, answer, daifu.Retry()) == (([False, False, True], False), [])
        assert [each.refusal for each in lab.crashes] == [None, "DFU0016"]
        assert "leaves" not in sys.modules
        mended = edited("flaky()", "flaky(); import colours.red")
        assert lab.woven(text, mended) == (([True, True, True], True), [])
    finally:
        sys.path.remove(str(lab.folder))
        for name in ("colours", "colours.red"):
            sys.modules.pop(name, None)
        if known is not None:
            sys.modules["colorsys"] = known


def test_an_interrupt_while_an_edit_is_applied_rolls_it_back(lab: Lab) -> None:
    (lab.folder / "interrupted.py").write_text("raise KeyboardInterrupt\n")
    text = """
    import sys
    def main():
        flaky()
        return "CONSTANT" in globals(), "interrupted" in sys.modules
    """

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Replace("CONSTANT = 1\nimport interrupted\n" + crash.source)

    sys.path.insert(0, str(lab.folder))
    try:
        assert lab.woven(text, answer, daifu.Retry()) == ((False, False), [])
    finally:
        sys.path.remove(str(lab.folder))
    assert [each.refusal for each in lab.crashes] == [None, "DFU0024"]


def test_a_module_with_native_code_stays_and_what_it_may_refer_to(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("colorsys", "_lsprof")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)

    def refused(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Replace("import colorsys\nimport _lsprof, nowhere\n" + crash.source)

    text = """
    import sys
    def main():
        flaky()
        return sys.modules["colorsys"], sys.modules["_lsprof"]
    """
    result, log = lab.woven(text, refused, daifu.Retry())
    assert [each.refusal for each in lab.crashes] == [None, "DFU0016"]
    assert (result, log) == (tuple(sys.modules[name] for name in names), [])


HELD_ELSEWHERE = """
    import functools, threading
    class Holder:
        pass
    def make(x):
        def inner(y):
            return ("old", x, y)
        return inner
    def waiting(begun, end):
        begun.set()
        end.wait(10)
        return "old"
    def gone():
        return "old"
    def numbers():
        yield "old"
        yield "old"
    holder = Holder()
    holder.table = {"inner": [make(1)], "gone": [gone], "partial": functools.partial(gone)}
    del gone
    begun, end, results = threading.Event(), threading.Event(), []
    def main():
        started = numbers()
        next(started)
        thread = threading.Thread(target=lambda: results.append(waiting(begun, end)))
        thread.start()
        begun.wait(10)
        held = [waiting]
        flaky()
        end.set()
        thread.join()
        table = holder.table
        return (
            table["inner"][0](2), make(3)(4), table["gone"][0](), table["partial"](), results,
            held[0](begun, end), list(numbers()), main.__name__,
        )
    """


def test_functions_that_no_module_shows_run_the_new_text_too(lab: Lab) -> None:
    def replace(crash: daifu.Crash) -> daifu.Resolution:
        return daifu.Replace(crash.source.replace('"old"', '"new"'))

    found, _ = lab.woven(HELD_ELSEWHERE, replace)
    new = [("new", 1, 2), ("new", 3, 4), "new", "new", ["old"], "new", ["new", "new"], "main"]
    assert list(found) == new
