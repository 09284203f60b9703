"""What must hold for every program, crash point and edit, whatever the planner's choices."""

from __future__ import annotations

import ast

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from programs import cells, edited, programs, statement, wrapped

from daifu_dap.common.align import Resume, passed, resume, stateful
from daifu_dap.common.match import Matching
from daifu_dap.common.outline import Outline, outline
from daifu_dap.common.refusals import Refusal
from daifu_dap.surgery import CrashPoint, plan

MANY = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def crash_in(source: Outline, number: int) -> int:
    return number % len(cells(source))


def resumed(old: str, new: str, number: int) -> tuple[Resume, Outline]:
    one, two = outline(old), outline(new)
    cell = cells(one)[number]
    return resume(one, two, cell.line, cell.column), two


@MANY
@example(
    old="def f(x):\n try:\n  cell0(0)\n  cell0(0)\n except E0:\n  cell0(0)\n",
    new="def f(x):\n try:\n  cell0(0)\n except E0:\n  cell0(0)\n cell0(0)\n",
    number=3,
)
@given(old=programs(unique=False), new=programs(unique=False), number=st.integers(0, 50))
def test_any_edit_is_answered_and_repeats_nothing(old: str, new: str, number: int) -> None:
    one, two = outline(old), outline(new)
    cell = cells(one)[crash_in(one, number)]
    try:
        point = resume(one, two, cell.line, cell.column)
    except Refusal as refusal:
        assert refusal.code in ("DFU0010", "DFU0011", "DFU0012")
        return
    matching = Matching(one, two, cell)
    matching.bodies(cell.scope)
    for stmt in point.ran:
        image = matching.images.get(stmt)
        if image is not None and image not in passed(point):
            # A branch that excludes the one that holds the point.
            assert (image.line, image.column) < (point.line, point.column)
    live = [matching.blocks[block] for _, block in stateful(cell)]
    assert live == [block for _, block in stateful(point.stmt)]


@MANY
@given(programs(unique=False), st.integers(0, 50))
def test_layout_and_comments_change_nothing(text: str, number: int) -> None:
    number = crash_in(outline(text), number)
    other = "# A comment.\n\n" + ast.unparse(ast.parse(text)).replace("(", "( ") + "\n\n# End."
    point, new = resumed(text, other, number)
    assert point.exact
    assert point.stmt is cells(new)[number]
    place = cells(outline(text))[number]
    found = plan({"a": (text, other)}, CrashPoint("a", place.line, place.column))
    assert found.status == "unchanged"
    assert not found.effects
    assert not found.warnings


@MANY
@given(programs(unique=True), st.integers(0, 50))
def test_what_is_put_before_the_cell_runs(text: str, number: int) -> None:
    number = crash_in(outline(text), number)
    new = edited(text, number, lambda node: [statement("added(1)"), statement("more(2)"), node])
    point, _ = resumed(text, new, number)
    assert (point.where, ast.unparse(point.stmt.node)) == ("before", "added(1)")


@pytest.mark.parametrize(
    "wrapper",
    [
        "try:\n    pass\nexcept OSError:\n    pass",
        "try:\n    pass\nfinally:\n    end()",
        "if fine():\n    pass",
        "for attempt in range(3):\n    pass",
        "while again():\n    pass",
        "with guard() as g:\n    pass",
    ],
)
@settings(MANY, max_examples=60)
@given(data=st.data())
def test_a_new_wrapper_of_the_cell_runs_from_its_header(wrapper: str, data: st.DataObject) -> None:
    text = data.draw(programs(unique=True))
    number = crash_in(outline(text), data.draw(st.integers(0, 50)))
    new = edited(text, number, wrapped(wrapper))
    point, _ = resumed(text, new, number)
    assert point.where == "before"
    assert ast.unparse(point.stmt.node).startswith(wrapper.split("\n")[0])


@MANY
@given(programs(unique=True), st.integers(0, 50))
def test_the_cell_may_become_anything(text: str, number: int) -> None:
    number = crash_in(outline(text), number)
    made = ["value = other[3].thing", "if value:\n    fix(value)"]
    new = edited(text, number, lambda node: [statement(code) for code in made])
    point, _ = resumed(text, new, number)
    assert (point.where, ast.unparse(point.stmt.node)) == ("before", made[0])


@MANY
@given(programs(unique=True), st.integers(0, 50), st.integers(0, 50))
def test_edits_elsewhere_leave_the_point_alone(text: str, number: int, other: int) -> None:
    source = outline(text)
    number, other = crash_in(source, number), crash_in(source, other)
    assume(not cells(source)[other].blocks and number != other)
    new = edited(text, other, lambda node: [statement(f"cell{other}(changed, {other})")])
    point, changed = resumed(text, new, number)
    assert point.exact or cells(source)[number].blocks
    assert point.stmt is cells(changed)[number]


@MANY
@given(programs(unique=True), st.integers(0, 50))
def test_a_deleted_cell_goes_on_behind_it(text: str, number: int) -> None:
    source = outline(text)
    number = crash_in(source, number)
    cell = cells(source)[number]
    new = edited(text, number, lambda node: [])
    point, _ = resumed(text, new, number)
    if len(cell.block.stmts) == 1:
        assert ast.unparse(point.stmt.node) == "pass"
    elif cell.following is not None:
        assert (point.where, point.stmt.head) == ("before", cell.following.head)
    else:
        assert (point.where, point.stmt.head) == ("after", cell.block.stmts[-2].head)
