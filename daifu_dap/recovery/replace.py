"""Replacing texts while a crash is held: all of it or nothing.

First everything is compiled and checked, and nothing is touched: the new texts, the place where the
crashed frame goes on, the live blocks around that place. Then the change is made, each step with
its undoing written down; a step that raises (a new import, say) undoes all of them.

What changes: functions that exist run their new code from their next call on (the function objects
stay, with their identity, defaults and attributes), imports, functions, classes and constants that
are new at module level are run, classes get the methods that are new. Activations of the old code
keep their text.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import gc
import linecache
import os
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from functools import partial
from types import CellType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from daifu_dap.common import align, outline, refusals
from daifu_dap.common.match import Matching
from daifu_dap.common.refusals import Notice, Refusal
from daifu_dap.recovery import continuation, dynamo, place, state, versions
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.place import Place
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine import names
from daifu_dap.vaccine.text import Scope, Text
from daifu_dap.vaccine.weave import Outside

Undo = list[Callable[[], object]]


def whole(crash: Crash, text: str) -> dict[str, Any]:
    """Replace the crashed file's text without a plan made beforehand."""
    return replace(crash, {crash.filename: text}, None)


def replace(
    crash: Crash,
    files: dict[str, str],
    resume: Place | None,
    then: Callable[[], object] | None = None,
) -> dict[str, Any]:
    """See `control.replace`; with `then`, called last, the crashed frame stays in its old text."""
    target = crash.target
    known = [versions.find(path) for path in files]
    tidy([crash.origin.text, target.text, *(each.present for each in known if each is not None)])
    with compiler.undisturbed():
        changes = [Change(path, text) for path, text in files.items()]
        for change in changes:
            if change.file.path == crash.filename and then is None:
                change.settle(crash)
                assert change.plan is not None
                target = place.moved(crash, change.new, change.plan, resume)
    undo: Undo = []
    try:
        for change in changes:
            change.apply(undo, crash)
        if then is not None:
            then()
    except BaseException as error:
        for step in reversed(undo):
            step()
        if isinstance(error, Refusal):
            raise
        raise Refusal.of(refusals.FAILED, error=f"{type(error).__name__}: {error}") from error
    state.edits += 1
    if target is not crash.target:
        crash.target = target
        crash.made = None
    for change in changes:
        crash.diff += change.diff()
    functions = sorted({name for change in changes for name in change.functions})
    return {"functions": functions, "warnings": [w for change in changes for w in change.warnings]}


class Change:
    """One file's new text.

    Attributes:
        fresh: the new code of every function that is not the same, lines apart, by qualified name.
        functions: the functions that will run new code.

    Raises:
        Refusal: the file is not vaccinated, or the text is not Python.
    """

    def __init__(self, path: str, text: str) -> None:
        file = versions.find(path)
        if file is None:
            raise Refusal.of(refusals.NOT_LOADED, path=path)
        self.file = file
        self.old = file.present
        new = Text(file.path, text)
        self.new = file.texts.get(new.key, new)
        self.functions: list[str] = []
        self.warnings: list[dict[str, Any]] = []
        self.plan: align.Resume | None = None
        self._matching: Matching | None = None
        try:
            self.new.plain  # noqa: B018  (parses and compiles)
        except SyntaxError as error:
            raise refusals.syntax(error, path, text, compiled=late(error, text)) from None
        except (ValueError, RecursionError) as error:
            raise Refusal.of(refusals.FAILED, path=path, error=str(error)) from None
        self.stale: dict[int, tuple[str, str]] = {}
        self.fresh: dict[str, CodeType] = {}
        self.same: dict[str, int] = {}
        known = {scope.qualname: scope for scope in outermost(self.old)}
        for scope in outermost(self.new):
            before = known.get(scope.qualname)
            if before is not None and self.old.segment(before.node) == self.new.segment(scope.node):
                self.same[scope.qualname] = scope.first_line - before.first_line
                continue
            code = compiler.function(self.new, scope, file.select)
            self.fresh |= {each.co_qualname: each for each in names.codes(code)}

    def settle(self, crash: Crash) -> None:
        """Find where the crashed frame goes on, for the file it stands in."""
        node = crash.target.node
        old, new = outlined(crash.target.text), outlined(self.new)
        self._matching = Matching(old, new, old.find(node.lineno, node.col_offset))
        self.plan = place.settled(crash, self._matching)

    def matching(self) -> Matching:
        """The alignment of the running text with the new one."""
        if self._matching is None:
            self._matching = Matching(outlined(self.old), outlined(self.new))
        return self._matching

    def diff(self) -> list[str]:
        name = os.path.basename(self.file.path)
        return list(
            difflib.unified_diff(
                self.old.text.splitlines(True), self.new.text.splitlines(True), name, name
            )
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
        self.warnings += [
            Notice.of(
                refusals.CLOSURE_LATER, path=file.path, function=function, names=names_ or "less"
            ).to_json()
            for function, names_ in self.stale.values()
        ]
        undo.append(lambda: refresh(file.path, before.text))
        refresh(file.path, self.new.text)

    # ---- module level

    def run_added(self, module: dict[str, Any]) -> None:
        """Run the imports, definitions and constants that are new."""
        for stmt in align.additions(self.matching(), self.matching().new, self.plan):
            node = self.new_node(stmt.line, stmt.column)
            if node is None:
                continue
            code = self.compiled(node)
            try:
                exec(code, module)
            except Exception as error:
                raise Refusal.of(
                    refusals.APPLY_RAISED,
                    path=self.file.path,
                    line=node.lineno,
                    statement=self.new.segment(node).splitlines()[0],
                    error=f"{type(error).__name__}: {error}",
                ) from error
            self.file.remember(code)

    def compiled(self, node: ast.stmt) -> CodeType:
        """Code that runs one statement of the new text, with its functions vaccinated."""
        definition = partial(compiler.definition, self.new, select=self.file.select)
        tree = ast.Module(Outside(definition).block([node]), [])
        return compiler.statements(self.new, tree)

    def new_node(self, line: int, column: int) -> ast.stmt | None:
        for node in self.new.tree.body:
            if (node.lineno, node.col_offset) == (line, column):
                return node
        return None

    # ---- functions

    def swap(self, module: dict[str, Any] | None, undo: Undo) -> None:
        """Give every function object of the file its new code."""
        old_names = {scope.qualname for scope in self.old.scopes.values()}
        self.functions += sorted(old_names.intersection(self.fresh))
        for function in self.existing(module):
            old = function.__code__
            code = self.fresh.get(old.co_qualname)
            if code is None:
                top = old.co_qualname.partition(".<locals>.")[0]
                if top not in self.same:
                    continue
                code = rekeyed(old, self.file.texts, self.new.key, self.same[top])
            if code.co_freevars != old.co_freevars:
                added = sorted(set(code.co_freevars) - set(old.co_freevars))
                self.stale[id(function)] = old.co_qualname, ", ".join(added)
                continue
            undo.append(partial(setattr, function, "__code__", old))
            function.__code__ = code
            self.file.remember(code)
            dynamo.changed(old)

    def existing(self, module: dict[str, Any] | None) -> list[FunctionType]:
        """Function objects of the file: those its module shows, and of changed ones all."""
        found = {id(each): each for each in shown(module or {}, self.file.path)}
        codes = self.file.codes()
        known = accounted(codes, list(found.values()))
        lost = []
        while codes:
            code = codes.pop()
            if code.co_qualname in self.fresh and sys.getrefcount(code) > known[id(code)] + 2:
                lost.append(code)
        if lost:  # takes a look at every object of the process
            referrers = gc.get_referrers(*lost)
            found |= {id(each): each for each in referrers if isinstance(each, FunctionType)}
        return list(found.values())

    # ---- classes

    def add_methods(self, module: dict[str, Any], undo: Undo) -> None:
        """Give the classes of the module the methods that are new in their text.

        So too one whose function cannot take its new code, since it now needs its class.
        """
        for node in self.new.tree.body:
            owner = module.get(node.name) if isinstance(node, ast.ClassDef) else None
            if not isinstance(node, ast.ClassDef) or not isinstance(owner, type):
                continue
            for inner in node.body:
                if not isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    continue
                before = vars(owner).get(inner.name)
                function = getattr(before, "__func__", before)
                if before is None:
                    undo.append(partial(delattr, owner, inner.name))
                    self.functions.append(f"{node.name}.{inner.name}")
                elif self.stale.pop(id(function), None) is not None:
                    undo.append(partial(setattr, owner, inner.name, before))
                else:
                    continue
                setattr(owner, inner.name, self.method(module, node, inner, owner))

    def method(self, module: dict[str, Any], node: ast.ClassDef, inner: Any, owner: type) -> object:
        bare = ast.ClassDef(node.name, [], [], [inner], [])
        if "type_params" in bare._fields and not hasattr(bare, "type_params"):
            setattr(bare, "type_params", [])  # noqa: B010
        code = self.compiled(ast.copy_location(bare, node))
        scratch: dict[str, Any] = {}
        exec(code, module, scratch)
        made: object = vars(scratch[node.name])[inner.name]
        function = getattr(made, "__func__", made)
        if isinstance(function, FunctionType):
            for name, cell in zip(
                function.__code__.co_freevars, function.__closure__ or (), strict=True
            ):
                if name == "__class__" and isinstance(cell, CellType):
                    cell.cell_contents = owner
        self.file.remember(code)
        return made


_outlines: weakref.WeakKeyDictionary[Text, outline.Outline] = weakref.WeakKeyDictionary()


def outlined(text: Text) -> outline.Outline:
    """The outline of a text, of the tree that it has."""
    found = _outlines.get(text)
    if found is None or found.tree is not text.tree:
        found = _outlines[text] = outline.Outline(text.tree, text.text)
    return found


def tidy(kept: Collection[Text]) -> None:
    """Let go of the trees of all texts but some; they can be made again.

    Looking for the functions to be changed takes the longer, the more objects there are.
    """
    continuation.forget()
    for file in versions.files().values():
        for text in file.texts.values():
            if text not in kept:
                text.trim()
                _outlines.pop(text, None)


def late(error: SyntaxError, text: str) -> bool:
    """Whether the error was found after parsing, when its columns count bytes."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def outermost(text: Text) -> Iterator[Scope]:
    """The functions of a text that lie in no other function."""
    return (s for s in text.scopes.values() if not s.spaced and "<locals>" not in s.qualname)


def rekeyed(code: CodeType, keys: Collection[str], key: str, shift: int) -> CodeType:
    """The same code in a text where its lines have moved: what names its text names that one."""
    consts: list[Any] = []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            const = rekeyed(const, keys, key, shift)
        elif isinstance(const, str) and const in keys:
            const = key
        consts.append(const)
    line = max(code.co_firstlineno + shift, 1)
    return code.replace(co_consts=tuple(consts), co_firstlineno=line)


def accounted(codes: list[CodeType], functions: list[FunctionType]) -> Counter[int]:
    """How many references to each code are known: those of functions, frames and outer code."""
    known = Counter(id(function.__code__) for function in functions)
    for code in codes:
        known.update(id(each) for each in code.co_consts if isinstance(each, CodeType))
    # Other threads' frames may end meanwhile; what they run is searched for.
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        known[id(frame.f_code)] += 1
        frame = frame.f_back
    return known


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
    """Functions of file `path` that its namespace shows: its own, its classes', and what wraps
    them.
    """
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


__all__ = ["Change", "replace", "whole"]
