"""Replacing texts while a crash is held: all of it or nothing.

First everything is compiled and checked, and nothing is touched: the new texts, the place where the
crashed frame goes on, the live blocks around that place. Then the change is made, each step with its
undoing written down; a step that raises (a new import, say) undoes all of them.

What changes: functions that exist run their new code from their next call on (the function objects stay,
with their identity, defaults and attributes), imports, functions, classes and constants that are new at
module level are run, classes get the methods that are new. Activations of the old code keep their text.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import gc
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from daifu_dap.common import align, outline, refusals
from daifu_dap.common.match import Matching
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery import place, versions
from daifu_dap.recovery.crash import Crash
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine import names
from daifu_dap.vaccine.text import Text
from daifu_dap.vaccine.weave import Outside

Undo = list[Callable[[], object]]


def whole(crash: Crash, text: str) -> dict[str, Any]:
    """Replace the crashed file's text without a plan made beforehand."""
    return replace(crash, {crash.filename: text}, None)


def replace(crash: Crash, files: dict[str, str], resume: tuple[int, int] | None) -> dict[str, Any]:
    """See `control.replace`."""
    changes = [Change(path, text) for path, text in files.items()]
    target = crash.target
    for change in changes:
        if change.file.path != crash.filename:
            continue
        target = place.moved(crash, change.new, change.matching(crash.target), resume)
    undo: Undo = []
    try:
        for change in changes:
            change.apply(undo, crash)
    except BaseException as error:
        for step in reversed(undo):
            step()
        if isinstance(error, Refusal):
            raise
        raise Refusal.of(refusals.FAILED, error=f"{type(error).__name__}: {error}") from error
    if target is not crash.target:
        crash.target = target
        crash.made = None
    for change in changes:
        crash.diff += change.diff()
    functions = sorted({name for change in changes for name in change.functions})
    return {"functions": functions, "warnings": [w for change in changes for w in change.warnings]}


class Change:
    """One file's new text.

    Raises:
        Refusal: the file is not vaccinated, or the text is not Python.
    """

    def __init__(self, path: str, text: str) -> None:
        file = versions.find(path)
        if file is None:
            raise Refusal.of(refusals.NOT_LOADED, path=path)
        self.file = file
        self.old = file.present
        self.new = file.texts.get(Text(file.path, text).key) or Text(file.path, text)
        self.functions: list[str] = []
        self.warnings: list[dict[str, Any]] = []
        try:
            self.code = compiler.module(self.new, file.select, file.body)
        except SyntaxError as error:
            raise refusals.syntax(error, path, text, compiled=not isinstance(error, IndentationError)) from None
        except (ValueError, RecursionError) as error:
            raise Refusal.of(refusals.FAILED, path=path, error=str(error)) from None
        self._matching: Matching | None = None

    def matching(self, point: Any = None) -> Matching:
        """The alignment of the running text with the new one, around the crashed cell."""
        if self._matching is None:
            old = outline.outline((point.text if point else self.old).text, self.file.path)
            new = outline.outline(self.new.text, self.file.path)
            cell = old.find(point.node.lineno, point.node.col_offset) if point else None
            self._matching = Matching(old, new, cell)
        return self._matching

    def diff(self) -> list[str]:
        name = os.path.basename(self.file.path)
        return list(
            difflib.unified_diff(self.old.text.splitlines(True), self.new.text.splitlines(True), name, name)
        )

    def apply(self, undo: Undo, crash: Crash) -> None:
        """Make the change; each step's undoing is put on `undo` before the step."""
        file, before = self.file, self.file.present
        if self.new.key == before.key:
            return
        undo.append(lambda: setattr(file, "present", before))
        file.present = file.add(self.new)
        module = namespace(file.path, crash)
        with contextlib.ExitStack() as stack:
            if module is not None:
                stack.enter_context(rolled_back(module, undo))
                self.run_added(module)
            self.swap(module, undo)
            if module is not None:
                self.add_methods(module, undo)
        undo.append(lambda: refresh(file.path, before.text))
        refresh(file.path, self.new.text)

    # ---- module level

    def run_added(self, module: dict[str, Any]) -> None:
        """Run the imports, definitions and constants that are new."""
        for stmt in align.additions(self.matching(), self.matching().new):
            node = self.new_node(stmt.line, stmt.column)
            if node is None:
                continue
            woven = Outside(lambda each: compiler.definition(self.new, each, self.file.select)).block([node])
            tree = ast.Module(woven, [])
            code = compiler.alone(self.new, self.new.scopes[id(self.new.tree)], tree, ())  # type: ignore[arg-type]
            try:
                exec(code, module)
            except Exception as error:
                text = self.new.segment(node).splitlines()[0]
                why = f"{type(error).__name__}: {error}"
                where = {"path": self.file.path, "line": node.lineno}
                raise Refusal.of(refusals.APPLY_RAISED, statement=text, error=why, **where) from error  # type: ignore[arg-type]
            self.file.remember(code)

    def new_node(self, line: int, column: int) -> ast.stmt | None:
        for node in self.new.tree.body:
            if (node.lineno, node.col_offset) == (line, column):
                return node
        return None

    # ---- functions

    def swap(self, module: dict[str, Any] | None, undo: Undo) -> None:
        """Give every function object of the file its new code."""
        fresh = {code.co_qualname: code for code in names.codes(self.code) if code.co_name != "<module>"}
        changed = {name for name, code in fresh.items() if self.differs(name)}
        self.functions += sorted(name for name in changed if self.scope_names(self.old).get(name))
        for function in self.existing(module, changed):
            code = fresh.get(function.__code__.co_qualname)
            if code is None or code is function.__code__:
                continue
            old = function.__code__
            if code.co_freevars != old.co_freevars:
                continue  # its next definition has the new code
            undo.append(lambda function=function, old=old: setattr(function, "__code__", old))  # type: ignore[misc]
            function.__code__ = code
        self.file.remember(self.code)

    @staticmethod
    def scope_names(text: Text) -> dict[str, Any]:
        return {scope.qualname: scope for scope in text.scopes.values() if not scope.module}

    def differs(self, qualname: str) -> bool:
        old, new = self.scope_names(self.old).get(qualname), self.scope_names(self.new).get(qualname)
        if old is None or new is None:
            return False
        return ast.dump(old.node) != ast.dump(new.node)

    def existing(self, module: dict[str, Any] | None, changed: set[str]) -> Iterator[FunctionType]:
        """Function objects of the file: those its module shows, and of changed ones all there are."""
        codes = [code for code in self.file.codes() if code.co_qualname in changed]
        found: dict[int, FunctionType] = {}
        if codes:
            for each in gc.get_referrers(*codes):
                if isinstance(each, FunctionType):
                    found[id(each)] = each
        for function in shown(module or {}, self.file.path):
            found[id(function)] = function
        yield from found.values()

    # ---- classes

    def add_methods(self, module: dict[str, Any], undo: Undo) -> None:
        """Give the classes of the module the methods that are new in their text."""
        for node in self.new.tree.body:
            owner = module.get(node.name) if isinstance(node, ast.ClassDef) else None
            if not isinstance(node, ast.ClassDef) or not isinstance(owner, type):
                continue
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner.name not in vars(owner):
                    method = self.method(module, node, inner, owner)
                    undo.append(lambda owner=owner, name=inner.name: delattr(owner, name))  # type: ignore[misc]
                    setattr(owner, inner.name, method)
                    self.functions.append(f"{node.name}.{inner.name}")

    def method(self, module: dict[str, Any], node: ast.ClassDef, inner: Any, owner: type) -> object:
        woven = compiler.definition(self.new, inner, self.file.select)
        bare = ast.ClassDef(node.name, [], [], [woven], [])
        if "type_params" in bare._fields and not hasattr(bare, "type_params"):
            bare.type_params = []  # type: ignore[attr-defined]
        tree = ast.Module([ast.copy_location(bare, node)], [])
        code = compiler.alone(self.new, self.new.scopes[id(self.new.tree)], tree, ())  # type: ignore[arg-type]
        scratch: dict[str, Any] = {}
        exec(code, module, scratch)
        made: object = vars(scratch[node.name])[inner.name]
        function = getattr(made, "__func__", made)
        if isinstance(function, FunctionType):
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                if name == "__class__" and isinstance(cell, CellType):
                    cell.cell_contents = owner
        self.file.remember(code)
        return made


def namespace(path: str, crash: Crash) -> dict[str, Any] | None:
    """The globals of the module at `path`."""
    if path == crash.filename:
        return crash.frame.f_globals
    wanted = os.path.realpath(path)
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if isinstance(file, str) and os.path.realpath(file) == wanted:
            return vars(module)
    return None


@contextlib.contextmanager
def rolled_back(module: dict[str, Any], undo: Undo) -> Iterator[None]:
    """Undoing puts the globals of the module back."""
    before = dict(module)

    def restore() -> None:
        for name in [each for each in module if each not in before]:
            del module[name]
        module.update(before)

    undo.append(restore)
    yield


def shown(module: dict[str, Any], path: str) -> Iterator[FunctionType]:
    """Functions of file `path` that its namespace shows: its own, its classes', and what wraps them."""
    seen: set[int] = set()
    todo: list[object] = list(module.values())
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, FunctionType):
            if each.__code__.co_filename == path:
                yield each
            todo += [cell.cell_contents for cell in each.__closure__ or () if cell != CellType()]
            todo.append(getattr(each, "__wrapped__", None))
        elif isinstance(each, (staticmethod, classmethod)):
            todo.append(each.__func__)
        elif isinstance(each, property):
            todo += [each.fget, each.fset, each.fdel]
        elif isinstance(each, type) and each.__module__ == module.get("__name__"):
            todo += list(vars(each).values())


def refresh(path: str, text: str) -> None:
    """Let tracebacks show the running text rather than what is on disk now."""
    lines = text.splitlines(True)
    linecache.cache[path] = (len(text), None, lines, path)


__all__ = ["Change", "CodeType", "replace", "whole"]
