"""Plans as a whole: status, effects, several files, and what the answer looks like."""

from __future__ import annotations

from textwrap import dedent

import pytest

from daifu_dap.common.align import Where
from daifu_dap.common.refusals import Refusal
from daifu_dap.surgery import Baseline, Call, CrashPoint, Plan, plan

TRAIN = dedent("""
    import os

    RATE = 0.1


    class Net:
        def forward(self, x):
            return x @ self.w


    def test(net, loader):
        loss = 0
        for x in loader:
            out = net.forward(x)
            loss += criterion(out).data[0]
            seen(x)
        return loss


    def main():
        for epoch in range(3):
            train(epoch)
            test(net, loader)


    main()
""").lstrip()
CRASH = CrashPoint("train.py", 15, 8)


def edited(*changes: tuple[str, str], text: str = TRAIN) -> str:
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def planned(*changes: tuple[str, str], crash: CrashPoint | None = CRASH) -> Plan:
    return plan({"train.py": (TRAIN, edited(*changes))}, crash)


def effects(found: Plan) -> dict[str, str]:
    return {effect.function: effect.when for effect in found.effects}


def codes(found: Plan) -> list[tuple[int | None, str]]:
    return [(notice.line, notice.code) for notice in found.warnings]


def test_the_first_whole_path() -> None:
    found = planned((".data[0]", ".item()"))
    assert found.to_json() == {
        "status": "ok",
        "resumeAt": {
            "path": "train.py",
            "line": 15,
            "column": 8,
            "where": "before",
            "function": "test",
        },
        "effects": [{"function": "test", "when": "now", "path": "train.py", "line": 11}],
        "refusals": [],
        "warnings": [],
    }
    assert found.resume_at == (15, 8, "before")
    assert found.texts == {"train.py": edited((".data[0]", ".item()"))}


def test_comments_and_blank_lines_are_a_retry_that_moved() -> None:
    found = planned(("import os", "# One.\n\nimport os"), ("seen(x)", "seen( x )  # two"))
    assert (found.status, found.resume_at) == ("unchanged", (17, 8, "before"))
    assert found.to_json()["effects"] == found.to_json()["warnings"] == []
    assert found.texts == {}


def test_a_docstring_is_a_change() -> None:
    assert planned(("    loss = 0", '    """Test."""\n    loss = 0')).status == "ok"


def test_the_same_text_is_unchanged() -> None:
    found = planned()
    assert (found.status, found.resume_at) == ("unchanged", (15, 8, "before"))


@pytest.mark.parametrize(
    ("old", "new", "when"),
    [
        ("seen(x)", "seen(x, 1)", "now"),
        ("        seen(x)\n", "", "now"),
        ("return loss", "return loss / 2", "now"),
        ("out = net.forward(x)", "out = net.forward(x, 1)", "nextIteration"),
        ("        out = net.forward(x)\n", "", "nextIteration"),
        ("loss = 0", "loss = 0.0", "nextCall"),
        ("in loader:", "in tqdm(loader):", "nextCall"),
    ],
)
def test_when_the_live_function_shows_it(old: str, new: str, when: str) -> None:
    assert effects(planned((old, new))) == {"test": when}


def test_a_while_header_counts_at_the_next_iteration() -> None:
    text = "def f():\n    while a():\n        boom()\n"
    found = plan({"a.py": (text, text.replace("a()", "b()"))}, CrashPoint("a.py", 3, 8))
    assert (effects(found), codes(found)) == ({"f": "nextIteration"}, [])


def test_other_functions_show_it_at_their_next_call() -> None:
    found = planned(
        ("x @ self.w", "x @ self.w + 1"),
        ("train(epoch)", "train(epoch, RATE)"),
        ("def main", "def extra():\n    pass\n\n\ndef main"),
    )
    assert effects(found) == {
        "<module>": "now",
        "Net.forward": "nextCall",
        "main": "nextCall",
        "extra": "nextCall",
    }
    assert codes(found) == [(20, "DFU1005")]
    assert "Function extra" in found.warnings[0].message


def test_a_new_method_and_a_removed_function() -> None:
    found = planned(
        ("class Net:\n", "class Net:\n    def more(self):\n        return 1\n\n"),
        ("\n\n\ndef main():\n    for epoch in range(3):\n        train(epoch)\n", "\n\n\nif 1:\n"),
        ("        test(net, loader)\n\n\nmain()", "    test(net, loader)"),
    )
    assert effects(found)["Net.more"] == "nextCall"
    assert (23, "DFU1006") in codes(found)
    assert any(code == "DFU1017" for _, code in codes(found))


def test_an_import_in_a_try_is_run_when_applied() -> None:
    found = planned(
        ("import os\n", "import os\ntry:\n    import yaml\nexcept ImportError:\n    yaml = None\n")
    )
    assert codes(found) == [(2, "DFU1005")]


def test_a_changed_module_level_call_is_not_run() -> None:
    found = planned(("RATE = 0.1", "RATE = 0.01"))
    assert (codes(found), found.effects) == ([(3, "DFU1004")], ())


def test_several_files() -> None:
    helper = "def clean(x):\n    return x\n"
    files = {
        "train.py": (TRAIN, edited((".data[0]", ".item()"))),
        "helper.py": (helper, helper.replace("return x", "return x or 0")),
        "same.py": (helper, helper + "# The end.\n"),
    }
    found = plan(files, CRASH)
    assert (found.status, found.changed) == ("ok", ("train.py", "helper.py"))
    assert [(e.path, e.function, e.when) for e in found.effects] == [
        ("train.py", "test", "now"),
        ("helper.py", "clean", "nextCall"),
    ]
    files["helper.py"] = (helper, "def clean(x:\n")
    files["same.py"] = (helper, "return 1\n")
    found = plan(files, CRASH)
    assert found.status == "refused"
    assert [refusal.path for refusal in found.refusals] == ["helper.py"]
    files["helper.py"] = (helper, "yield 1\n")
    found = plan(files, CRASH)
    assert sorted(refusal.path or "" for refusal in found.refusals) == ["helper.py", "same.py"]
    with pytest.raises(Refusal, match="DFU0001"):
        found.raise_if_refused()


def test_an_edit_of_a_helper_only_retries_the_cell_where_it_is() -> None:
    helper = "def clean(x):\n    return x\n"
    found = plan({"helper.py": (helper, helper.replace("x\n", "0\n"))}, CRASH)
    assert found.to_json()["resumeAt"] == {"path": "train.py", "line": 15}
    assert (found.status, found.resume_at) == ("ok", None)


def test_no_crash_at_all() -> None:
    found = planned((".data[0]", ".item()"), crash=None)
    assert (found.status, effects(found)) == ("ok", {"test": "nextCall"})
    assert "resumeAt" not in found.to_json()


def test_the_crash_is_nowhere() -> None:
    found = planned(crash=CrashPoint("train.py", 999, 0))
    assert [refusal.code for refusal in found.refusals] == ["DFU0019"]


def test_standing_behind_a_cell() -> None:
    first = edited(("        loss += criterion(out).data[0]\n        seen(x)\n", ""))
    found = plan({"train.py": (TRAIN, first)}, CRASH)
    assert found.resume_at == (14, 8, "after")
    point = CrashPoint("train.py", *found.resume_at)
    again = edited(("loader)\n", "loader)\n"), text=first.replace("return loss", "return 1"))
    found = plan({"train.py": (first, again)}, point)
    assert found.resume_at == (14, 8, "after")
    added = first.replace("net.forward(x)\n", "net.forward(x)\n        fixed(out)\n")
    found = plan({"train.py": (first, added)}, point)
    assert found.resume_at == (15, 8, "before")


def test_closures_that_exist_keep_their_text() -> None:
    old = "def f():\n    a = 1\n    def g():\n        return 1\n    def h():\n        boom()\n"
    new = old.replace("return 1", "return a").replace("boom()", "boom(1)")
    found = plan({"a.py": (old, new)}, CrashPoint("a.py", 6, 8))
    assert codes(found) == [(3, "DFU1015")]
    assert effects(found) == {"f.<locals>.g": "nextCall", "f.<locals>.h": "now"}


def test_a_future_statement_reaches_every_part() -> None:
    old = "from __future__ import annotations\n\ndef f(x: A):\n    boom(x)\n"
    new = old.replace("boom(x)", "y: B = x\n    boom(y)")
    assert plan({"a.py": (old, new)}, CrashPoint("a.py", 4)).status == "ok"
    late = "x = 1\n" + old
    found = plan({"a.py": (old, late)}, CrashPoint("a.py", 4))
    assert [(r.code, r.line) for r in found.refusals] == [("DFU0001", 2)]


def test_plans_repeat() -> None:
    kept = Baseline()
    files = {"train.py": (TRAIN, edited((".data[0]", ".item()")))}
    first = plan(files, CRASH, kept)
    assert plan(files, CRASH, kept) == first
    back = {"train.py": (files["train.py"][1], TRAIN)}
    assert plan(back, CRASH, kept).resume_at == (15, 8, "before")


def test_a_path_need_not_exist_nor_hold_what_runs(tmp_path: object) -> None:
    path = f"{tmp_path}/gone.py"
    found = plan({path: (TRAIN, TRAIN + "return 1\n")}, CrashPoint(path, 15))
    (refusal,) = found.refusals
    assert "    return 1\n    ^^^^^^^^" in refusal.message


@pytest.mark.parametrize("functions", [12, 80])
def test_long_files_edited_again_and_again(functions: int) -> None:
    body = "".join(f"        value{n} = layer{n}(x, {n}) + bias[{n}]\n" for n in range(21))
    text = "\n\n".join(
        f"def step{n}(loader):\n    for x in loader:\n{body}" for n in range(functions)
    )
    lines = text.splitlines(keepends=True)
    half = next(n for n in range(len(lines) // 2, len(lines)) if "value9" in lines[n])
    kept = Baseline()
    kept.outline(text)
    for count in range(7):
        lines[half] = f"        value9 = other(x, {count})\n"
        new = "import os\n" + "".join(lines)
        found = plan({"a.py": (text, new)}, CrashPoint("a.py", half + 1), kept)
        assert found.resume_at == (half + 2, 8, "before")


CALLS = dedent("""
    def step(n):
        for i in range(n):
            a = first(i)
            b = second(a)
            third(b)
        last(n)

    step(3)
    print("end")
""").lstrip()


def under_way(old: str, new: str, *calls: Call, crash: CrashPoint | None = None) -> Plan:
    return plan({"a.py": (CALLS, edited((old, new), text=CALLS))}, crash, calls=calls)


@pytest.mark.parametrize(
    ("line", "where", "old", "new", "when"),
    [
        (3, "before", "first(i)", "first(i, 0)", "now"),
        (3, "after", "first(i)", "first(i, 0)", "nextIteration"),
        (3, "after", "second(a)", "second(a, 0)", "now"),
        (5, "after", "second(a)", "second(a, 0)", "nextIteration"),
        (5, "after", "        b = second(a)\n", "", "nextIteration"),
        (4, "after", "        third(b)\n", "", "now"),
        (4, "after", "range(n)", "range(n + 1)", "nextCall"),
        (6, "after", "third(b)", "third(b, 0)", "nextCall"),
    ],
)
def test_when_a_call_that_is_under_way_shows_it(
    line: int, where: Where, old: str, new: str, when: str
) -> None:
    found = under_way(old, new, Call("a.py", line, 4 if line == 6 else 8, where))
    assert (effects(found), codes(found)) == ({"step": when}, [])
    other = Call("a.py", 6, 4, "after")  # of several the one that comes first counts
    found = under_way(old, new, other, Call("a.py", line, 4 if line == 6 else 8, where))
    assert effects(found) == {"step": when}
    assert effects(under_way(old, new)) == {"step": "nextCall"}


def test_a_call_that_cannot_take_it_is_told_of() -> None:
    call = Call("a.py", 4, 8, "after")
    found = under_way("    for i in range(n):\n", "    i = n\n    if i:\n", call)
    assert (effects(found), codes(found)) == ({"step": "nextCall"}, [(1, "DFU1021")])
    assert (
        "line 4" in found.warnings[0].message and "block was removed" in found.warnings[0].message
    )
    elsewhere = under_way("last(n)", "last(n + 1)", call, Call("b.py", 4, 8, "after"))
    assert (effects(elsewhere), codes(elsewhere)) == ({"step": "now"}, [])


def test_module_level_code_that_goes_on_comes_to_what_is_ahead() -> None:
    module = Call("a.py", 8, 0, "after")
    ahead = under_way('print("end")', 'print("END")', module)
    assert (effects(ahead), codes(ahead)) == ({"<module>": "now"}, [])
    behind = under_way("step(3)", "step(4)", module)
    assert (effects(behind), codes(behind)) == ({"<module>": "nextCall"}, [(8, "DFU1004")])
    alone = under_way('print("end")', 'print("END")')
    assert (effects(alone), codes(alone)) == ({}, [(9, "DFU1004")])


def test_a_call_of_an_older_text() -> None:
    older = CALLS.replace("        third(b)\n", "").replace("def step", "\ndef step")
    call = Call("a.py", 5, 8, "after", older)
    found = under_way("last(n)", "last(n + 1)", call)
    assert (effects(found), codes(found)) == ({"step": "now"}, [])
