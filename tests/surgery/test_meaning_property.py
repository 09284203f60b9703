"""An edit that keeps the meaning, made at a crash anywhere, leaves no mark.

The edits: variables renamed throughout, another layout with comments or a formatter's, and
expressions taken out into a variable of their own, any of them together. Headers that were half-way
when they crashed (a loop that took an item, a chosen `case`) are not taken apart: to edit what such
a header has evaluated already is to ask for it anew.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import black
import pytest
from hypothesis import given
from hypothesis import strategies as st

import daifu_dap as daifu
from tests.kernel import test_async, test_generators, test_property
from tests.kernel.programs import Boom, World, programs
from tests.kernel.test_layout_property import relaid
from tests.kernel.test_property import SETTINGS, as_module

FIXED = {"probe", "manager", "items", "fail", "fails", "Meant", "Other", "main", "add", "k"}


def variables(tree: ast.AST) -> list[str]:
    """The variables of a program, those that the world gives it apart."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
    return sorted(found - FIXED)


class Renamed(ast.NodeTransformer):
    """Renames variables wherever they stand."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        if node.name:
            node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Nonlocal:
        node.names = [self.names.get(name, name) for name in node.names]
        return node


class Extracted(ast.NodeTransformer):
    """Takes the value of chosen statements out into variables."""

    def __init__(self, chosen: Callable[[], bool]) -> None:
        self.chosen = chosen
        self.count = 0

    def out(self, node: Any, field: str) -> Any:
        value = getattr(node, field)
        if not isinstance(value, ast.Call) or not self.chosen():
            return node
        self.count += 1
        name = f"taken{self.count}"
        setattr(node, field, ast.Name(name, ast.Load()))
        return [ast.Assign([ast.Name(name, ast.Store())], value), node]

    def visit_Assign(self, node: ast.Assign) -> Any:
        return self.out(node, "value")

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        return self.out(node, "value")

    def visit_Expr(self, node: ast.Expr) -> Any:
        return self.out(node, "value")

    def visit_Return(self, node: ast.Return) -> Any:
        return self.out(node, "value")

    def visit_If(self, node: ast.If) -> Any:
        node.body = [each for one in node.body for each in listed(self.visit(one))]
        if not (len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If)):  # no `elif`
            node.orelse = [each for one in node.orelse for each in listed(self.visit(one))]
        return self.out(node, "test")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if node.name == "main":
            return self.generic_visit(node)
        return node


def listed(made: Any) -> list[ast.stmt]:
    return made if isinstance(made, list) else [made]


@st.composite
def edited(draw: Any, text: str) -> str:
    """The text after an edit that keeps its meaning."""
    tree = ast.parse(text)
    names = variables(tree)
    chosen = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    tree = Renamed({name: f"{name}_now" for name in chosen}).visit(tree)
    if draw(st.booleans()):
        tree = Extracted(lambda: draw(st.integers(0, 2)) == 0).visit(tree)
    text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
    if draw(st.booleans()):
        text = str(draw(relaid(text)))
    if draw(st.booleans()):
        width = draw(st.sampled_from((20, 50, 100)))
        text = black.format_str(text, mode=black.Mode(line_length=width))
    return text


class Editor:
    """Answers each crash with the next edit of the program."""

    def __init__(self) -> None:
        self.edits: list[str] = []
        self.made = 0
        self.refusals: list[str] = []

    def __call__(self, crash: daifu.Crash) -> daifu.Resolution:
        if not isinstance(crash.exception, Boom):
            return daifu.Raise()
        if crash.refusal is not None:
            self.refusals.append(str(crash.refusal))
            return daifu.Raise()
        self.made += 1
        return daifu.Replace(self.edits.pop(0))


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    answer = Editor()
    previous = daifu.set_crash_handler(answer)
    yield answer
    daifu.set_crash_handler(previous)


def check(
    editor: Editor,
    data: st.DataObject,
    text: str,
    run: Callable[[World, bool], Any],
    make: type[World] = World,
) -> None:
    plain = make()
    expected = run(plain, False)
    at = data.draw(st.integers(1, max(plain.probes, 1)))
    editor.edits = [data.draw(edited(text)), data.draw(edited(text))]
    editor.made, editor.refusals = 0, []
    world = make(crash_at=at)
    probe = world.probe

    def twice(number: int, value: Any = None) -> Any:
        if world.crashes == 1 and world.crash_at is None and again:
            world.crashes, world.crash_at = 2, world.probes + again
        return probe(number, value)

    again = data.draw(st.integers(0, 4))
    world.probe = twice  # type: ignore[method-assign]
    found = run(world, True)
    assert editor.refusals == []
    assert found == expected
    assert (editor.made > 0) == (plain.probes >= at)


def test_a_name_that_held_what_was_taken_out_holds_another_value(editor: Editor) -> None:
    text = "def main(probe, *rest, total=0):\n    x = probe(1, 1)\n    total += probe(2, 2)\n"
    text += "    return total, x\n"
    first = text.replace("x = probe(1, 1)", "taken = probe(1, 1)\n    x = taken")
    second = text.replace("total += probe(2, 2)", "taken = probe(2, 2)\n    total += taken")
    editor.edits, editor.refusals = [first, second], []
    world = World(crash_at=1)
    probe = world.probe

    def twice(number: int, value: Any = None) -> Any:
        if number == 2 and world.crashes == 1:
            world.crash_at = world.probes + 1
        return probe(number, value)

    world.probe = twice  # type: ignore[method-assign]
    assert test_property.run(text, world, True) == ((2, 1), [1, 2])
    assert (editor.edits, editor.refusals) == ([], [])


@SETTINGS
@given(programs(), st.data())
def test_in_a_function(editor: Editor, text: str, data: st.DataObject) -> None:
    check(editor, data, text, lambda world, woven: test_property.run(text, world, woven))


@SETTINGS
@given(programs().map(as_module).filter(bool), st.data())
def test_at_module_level(editor: Editor, text: str, data: st.DataObject) -> None:
    def run(world: World, woven: bool) -> Any:
        return test_property.run(text, world, woven, True)[1]

    check(editor, data, text, run)


@SETTINGS
@given(programs().map(test_generators.generating), st.integers(0, 4), st.booleans(), st.data())
def test_in_a_generator(
    editor: Editor, text: str, stop: int, throw: bool, data: st.DataObject
) -> None:
    def run(world: World, woven: bool) -> Any:
        return test_generators.run(text, world, woven, stop, throw)

    check(editor, data, text, run)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # plain, too
@SETTINGS
@given(programs().map(test_async.asynchronous), st.integers(0, 12), st.booleans(), st.data())
def test_in_a_coroutine(
    editor: Editor, text: str, interrupt: int, close: bool, data: st.DataObject
) -> None:
    def run(world: Any, woven: bool) -> Any:
        coroutine = test_async.called(text, world, woven)
        return test_async.driven(coroutine, world, interrupt, close), world.trace

    check(editor, data, text, run, test_async.Asynchronous)
