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

import abc
import ast
import contextlib
import difflib
import gc
import inspect
import linecache
import os
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import CellType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from daifu_dap.common import align, refusals
from daifu_dap.common.flags import awaitable
from daifu_dap.common.match import Matching
from daifu_dap.common.outline import Stmt
from daifu_dap.common.refusals import Notice, Refusal
from daifu_dap.common.renames import renamed
from daifu_dap.common.split import split
from daifu_dap.recovery import (
    caches,
    continuation,
    defaults,
    dynamo,
    entering,
    follow,
    ledger,
    place,
    renaming,
    reparse,
    state,
    traces,
    twins,
    versions,
)
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.imports import Imports
from daifu_dap.recovery.locate import Point
from daifu_dap.recovery.place import Place
from daifu_dap.recovery.resolution import Retry
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine import names
from daifu_dap.vaccine.text import Scope, Text
from daifu_dap.vaccine.weave import Outside

Undo = list[Callable[[], object]]


def whole(crash: Crash, text: str) -> dict[str, Any]:
    """Replace the crashed file's text without a plan made beforehand, for a retry by it."""
    from daifu_dap.recovery import barrier

    retry = partial(barrier.prepared, crash, Retry())
    return replace(crash, {crash.filename: text}, None, retry)


def replace(
    crash: Crash | None,
    files: dict[str, str],
    resume: Place | None,
    then: Callable[[], object] | None = None,
    stays: bool = False,
    added: bool = False,
    followed: bool = False,
) -> dict[str, Any]:
    """See `control.replace`.

    Args:
        crash: None if no frame is to go on in the new texts at once.
        then: called last; if it raises, everything is undone.
        stays: whether the crashed frame stays in its old text.
        added: whether all module-level statements that were added are run.
        followed: whether other frames take the new texts at their next statement.
    """
    target = None if crash is None else crash.target
    renames: Mapping[str, str] = {}
    known = [file for file in map(versions.find, files) if file is not None]
    own = [] if crash is None else [crash.origin.text, crash.target.text]
    tidy([*own, *(each.present for each in known)])
    caches.forget([each.path for each in known])
    with compiler.undisturbed():
        changes = [Change(path, text) for path, text in files.items()]
        for change in changes:
            if crash is not None and change.file.path == crash.filename and not stays:
                change.settle(crash)
                assert change.plan is not None
                target = place.moved(crash, change.new, change.plan, resume)
                renames = change.plan.renames
    imported = Imports()
    undo: Undo = [imported.take_back]
    try:
        for change in changes:
            change.apply(undo, crash, added, imported)
        if crash is not None and target is not None:
            was = crash.target, crash.made, crash.names, crash.given
            undo.append(partial(restored, crash, was, dict(crash.cells)))
            if target is not crash.target:
                crash.target = target
                crash.made = None
                renaming.bind(crash, renames, undo)
                crash.given = defaults.given(crash)
        if crash is not None:  # before what may write them into the journal
            undo.append(partial(crash.changes.__delitem__, slice(len(crash.changes), None)))
            more = {"runAdded": True} if added else {}
            crash.changes += [
                {"path": change.file.path, "diff": change.diff(), **more} for change in changes
            ]
        if then is not None:
            then()
    except BaseException as error:
        for step in reversed(undo):
            step()
        if isinstance(error, Refusal):
            raise
        raise Refusal.of(refusals.FAILED, error=f"{type(error).__name__}: {error}") from error
    state.edits += 1
    traces.install()
    for change in changes:
        if followed:
            follow.follow(change.file.path, change.changed | change.gone)
    functions = sorted({name for change in changes for name in change.functions})
    return {"functions": functions, "warnings": [w for change in changes for w in change.warnings]}


def restored(
    crash: Crash,
    was: tuple[Point, Any, dict[str, str], dict[str, object]],
    cells: dict[str, CellType],
) -> None:
    """Undo what moving a crash to a new text, and a look at how it goes on there, has changed."""
    crash.target, crash.made, crash.names, crash.given = was
    for name in [each for each in crash.cells if each not in cells]:
        del crash.cells[name]


class Change:
    """One file's new text.

    Attributes:
        fresh: the new code of every function that is not the same, lines apart, by qualified name
            and place in the new text.
        changed: the qualified names of these.
        gone: those of functions of the running text that have none of their name in the new one.
        whole: the new code of those that are outermost, by name and first line.
        same: the outermost functions that are, by name and first line in the running text, with the
            number of lines that they moved.
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
        self.base = self.old
        self._matchings: dict[Text, Matching] = {}
        self._tops: dict[Text, dict[str, list[Scope]]] = {}
        self.stale: dict[int, tuple[str, str]] = {}
        self.left_behind: set[str] = set()
        self.fresh: dict[tuple[str, tuple[int, int, int]], CodeType] = {}
        self.changed: set[str] = set()
        self.gone: set[str] = set()
        self.whole: dict[tuple[str, int], CodeType] = {}
        self.same: dict[tuple[str, int], int] = {}
        try:
            self.new.take(partial(reparse.derived, self.new, self.old))
            self.compare()
        except SyntaxError as error:
            raise refusals.syntax(error, path, text, compiled=late(error, text)) from None
        except (ValueError, RecursionError) as error:
            raise Refusal.of(refusals.FAILED, path=path, error=str(error)) from None

    def compare(self) -> None:
        """Find which functions are the same, and compile the others.

        Raises:
            SyntaxError: the new text is not valid Python; as the plain compiler says it.
        """
        pairs = [(scope, self.twin(scope, self.old)) for scope in outermost(self.old)]
        gone = tuple(f"{one.qualname}.<locals>." for one, two in pairs if two is None)
        names_ = {each.qualname for each in self.old.scopes.values()}
        self.gone = {name for name in names_ if f"{name}.<locals>.".startswith(gone)}
        known = {id(after.node): before for before, after in pairs if after is not None}
        others: list[Scope] = []
        for scope in outermost(self.new):
            before = known.get(id(scope.node))
            if before is not None and self.unchanged(before, scope):
                moved = scope.first_line - before.first_line
                self.same[before.qualname, before.first_line] = moved
            else:
                others.append(scope)
        try:
            compiler.checked(self.new, {id(scope.node) for scope in outermost(self.new)})
            for scope in others:
                self.changed |= {each.co_qualname for each in self.compile(scope)}
        except Exception:
            self.new.plain  # noqa: B018  (every error is the plain compiler's)
            raise

    def unchanged(self, before: Scope, after: Scope) -> bool:
        """Whether two functions are the same, lines apart."""
        one, two = before.node, after.node
        assert not isinstance(one, ast.Module) and not isinstance(two, ast.Module)
        if one.lineno - before.first_line != two.lineno - after.first_line:
            return False
        return self.old.segment(one) == self.new.segment(two)

    def compile(self, scope: Scope) -> list[CodeType]:
        """The new code of an outermost function and of those inside it."""
        whole = compiler.function(self.new, scope, self.file.select)
        self.whole[scope.qualname, scope.first_line] = whole
        found = names.codes(whole)
        self.fresh |= {(each.co_qualname, twins.place(each)): each for each in found}
        scope.runs(whole)
        return found

    def settle(self, crash: Crash) -> None:
        """Find where the crashed frame goes on, for the file it stands in."""
        node = crash.target.node
        matching = self.matching(crash.target.text)
        matching.pivot = matching.old.find(node.lineno, node.col_offset)
        self.plan = place.settled(crash, matching)
        self.base = crash.target.text

    def matching(self, old: Text | None = None) -> Matching:
        """The alignment of a text, the running one unless another is named, with the new one."""
        old = old or self.old
        found = self._matchings.get(old)
        if found is None:
            found = twins.aligned(old, self.new)
            self._matchings[old] = found
        return found

    def twin(self, scope: Scope, old: Text) -> Scope | None:
        """What a function of the text `old` is in the new one."""
        return twins.twin(scope, self.matching(old), self.new)

    def diff(self) -> str:
        """The change as a unified diff that `patch -p1` takes in the folder in which the program
        was started, a last line without an end included."""
        name = ledger.below(self.file.path).replace(os.sep, "/").lstrip("/")
        texts = _lines(self.old.text), _lines(self.new.text)
        diff = difflib.unified_diff(*texts, f"a/{name}", f"b/{name}")
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in diff
        )

    def apply(self, undo: Undo, crash: Crash | None, added: bool, imported: Imports) -> None:
        """Make the change; each step's undoing is put on `undo` before the step."""
        file, before = self.file, self.file.present
        self.imported = imported
        if self.new.key == before.key:
            return
        undo.append(lambda: setattr(file, "present", before))
        if self.new.key not in file.texts:
            undo.append(lambda: file.texts.pop(self.new.key, None))
        file.present = file.add(self.new)
        module = namespace(file.path, crash)
        with contextlib.ExitStack() as stack:
            if module is not None:
                stack.enter_context(rolled_back(module, undo))
                self.run_added(module, added)
                self.add_constants(module, undo)
            self.swap(module, undo)
            if module is not None:
                self.add_methods(module, undo)
        self.warnings += [
            Notice.of(
                refusals.CLOSURE_LATER, path=file.path, function=function, names=names_ or "less"
            ).to_json()
            for function, names_ in self.stale.values()
        ]
        self.warnings += [
            Notice.of(refusals.LAMBDA_KEPT, path=file.path, function=function).to_json()
            for function in sorted(self.left_behind)
        ]
        undo.append(lambda: refresh(file.path, before.text))
        refresh(file.path, self.new.text)

    # ---- module level

    def run_added(self, module: dict[str, Any], every: bool) -> None:
        """Run the imports, definitions and constants that are new, or every new statement."""
        module_level = self.plan is not None and self.plan.scope is None
        matching = self.matching(self.base if module_level else self.old)
        for stmt in align.additions(matching, matching.new, self.plan, every=every):
            node = self.new_node(stmt.line, stmt.column)
            if node is None:
                continue
            self.execute(self.compiled(node), node, module)

    def execute(self, code: CodeType, node: ast.stmt, *spaces: dict[str, Any]) -> None:
        """Run what a statement of the new text was compiled to.

        Raises:
            Refusal: it raised; ending the program (`SystemExit`) is a way to do that.
        """
        try:
            with self.imported.noted():
                exec(code, *spaces)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
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
        weaving = compiler.Weaving(self.new, self.file.select)
        tree = ast.Module(Outside(weaving).block([node]), [])
        return compiler.statements(self.new, tree, weaving)

    def new_node(self, line: int, column: int) -> ast.stmt | None:
        for node in self.new.tree.body:
            if (node.lineno, node.col_offset) == (line, column):
                return node
        return None

    # ---- functions

    def swap(self, module: dict[str, Any] | None, undo: Undo) -> None:
        """Give every function object of the file its new code."""
        old_names = {scope.qualname for scope in self.old.scopes.values()}
        self.functions += sorted(old_names & self.changed)
        for function in self.existing(module):
            old = function.__code__
            code = self.successor(old)
            if code is None:
                continue
            code = awaitable(code, old)
            renames = self.renames(old) if self.differ(old, code) else {}
            if code.co_freevars != tuple(renames.get(each, each) for each in old.co_freevars):
                added = sorted(set(code.co_freevars) - set(old.co_freevars))
                self.stale[id(function)] = old.co_qualname, ", ".join(added)
                continue
            undo.append(partial(assign, function, old))
            self.redefault(function, code, renames, undo)
            assign(function, code)
            self.file.remember(code)
            dynamo.changed(old)

    def successor(self, old: CodeType) -> CodeType | None:
        """The code of the new text for a function that has the code `old`; None: it keeps that."""
        text = self.file.text_of(old) or self.old
        scope = text.scope(old)
        top = self.enclosing(text, old)
        moved = self.same.get((top.qualname, top.first_line)) if top is not None else None
        if text is self.old and moved is not None:
            return rekeyed(old, self.file.texts, self.new.key, moved)
        if scope is None:
            return self.lambda_(old, top) if old.co_name == twins.LAMBDA else None
        new = self.twin(scope, text)
        if new is None or new.spaced:
            return None
        key = new.qualname, (new.first_line, 0, 0)
        if key not in self.fresh:  # the same as in the running text, but not as in this function's
            whole = self.enclosing(self.new, new.code)
            if whole is not None:
                self.compile(whole)
        return self.fresh.get(key)

    def differ(self, old: CodeType, new: CodeType) -> bool:
        """Whether two codes name parameters or closure variables differently."""
        one, two = defaults.parameters(old), defaults.parameters(new)
        return one != two or old.co_freevars != new.co_freevars

    def renames(self, code: CodeType) -> Mapping[str, str]:
        """What the variables that a function sees are called in the new text, if others."""
        text = self.file.text_of(code) or self.old
        scope = text.scope(code)
        if scope is None or isinstance(scope.node, ast.Module):
            return {}
        matching = self.matching(text)
        stmt = matching.old.find(scope.node.lineno, scope.node.col_offset)
        return {} if stmt is None else matching.renames(stmt)

    def redefault(
        self, function: FunctionType, code: CodeType, renames: Mapping[str, str], undo: Undo
    ) -> None:
        """Give a function the defaults that its new code needs."""
        text = self.file.text_of(function.__code__) or self.old
        scope = text.scope(function.__code__)
        new = self.twin(scope, text) if scope is not None else None
        if new is None or code.co_firstlineno != new.first_line:
            return
        found, missing = defaults.moved(function, code, new, renames)
        if missing:
            names = " and ".join(missing)
            place: dict[str, Any] = {"line": new.first_line, "column": 0}
            said = Notice.of(
                refusals.NO_DEFAULT,
                path=self.file.path,
                function=code.co_qualname,
                names=names,
                **place,
            )
            self.warnings.append(said.to_json())
        undo.append(partial(defaults.give, function, defaults.of(function)))
        defaults.give(function, found)

    def enclosing(self, text: Text, code: CodeType) -> Scope | None:
        """The outermost function of `text` that holds, or is, the function with this code."""
        known = self._tops.get(text)
        if known is None:
            known = self._tops[text] = {}
            for scope in outermost(text):
                known.setdefault(scope.qualname, []).append(scope)
        line = code.co_firstlineno
        for scope in known.get(code.co_qualname.partition(".<locals>.")[0], ()):
            node = scope.node
            assert not isinstance(node, ast.Module)
            if scope.first_line <= line <= (node.end_lineno or line):
                return scope
        return None

    def lambda_(self, old: CodeType, top: Scope | None) -> CodeType | None:
        """The code of what a lambda of an outermost function has become, if that can be told."""
        if top is None:
            return None
        codes = twins.alike(top.plain, old.co_qualname)
        known = [each for each in codes if twins.stands_for(each, old)]
        if not known:  # of an older text; it was left behind by an earlier edit
            return None
        new = self.twin(top, self.old)
        node = twins.node_of(known[0], codes, top) if len(known) == 1 else None
        image = twins.lambda_twin(node, self.matching(self.old)) if new and node else None
        if new is not None and image is not None:
            whole = self.whole.get((new.qualname, new.first_line))
            after = twins.alike(whole, old.co_qualname) if whole is not None else []
            found = twins.code_of(image, after, new)
            if found is not None:
                return found
        self.left_behind.add(old.co_qualname.removesuffix(f".<locals>.{twins.LAMBDA}"))
        return None

    def existing(self, module: dict[str, Any] | None) -> list[FunctionType]:
        """Function objects of the file: those its module shows, and of changed ones all."""
        found = {id(each): each for each in shown(module or {}, self.file.path)}
        codes = self.file.codes()
        known = accounted([*codes, *self.file.rests()], list(found.values()))
        lost = []
        while codes:
            code = codes.pop()
            if code.co_qualname in self.changed and sys.getrefcount(code) > known[id(code)] + 2:
                lost.append(code)
        if lost:  # takes a look at every object of the process
            referrers = gc.get_referrers(*lost)
            found |= {id(each): each for each in referrers if isinstance(each, FunctionType)}
        return list(found.values())

    # ---- classes

    def classes(
        self, module: dict[str, Any]
    ) -> Iterator[tuple[ast.ClassDef, tuple[str, ...], type | None]]:
        """The classes of the new text, in the module and in other classes, with their names from
        the outermost one on and what they are in the program, if that is a class.

        Of several of one name it is the last.
        """

        def inside(
            body: list[ast.stmt], space: Mapping[str, Any], above: tuple[str, ...]
        ) -> Iterator[tuple[ast.ClassDef, tuple[str, ...], type | None]]:
            for node in {
                each.name: each for each in body if isinstance(each, ast.ClassDef)
            }.values():
                names_ = (*above, node.name)
                owner = space.get(node.name)
                if not isinstance(owner, type):
                    owner = None
                elif above and owner.__qualname__ != ".".join(names_):
                    owner = None  # an attribute that is another class
                yield node, names_, owner
                yield from inside(node.body, {} if owner is None else vars(owner), names_)

        return inside(self.new.tree.body, module, ())

    def add_constants(self, module: dict[str, Any], undo: Undo) -> None:
        """Set the constants that are new in the text of a class on the class that exists."""
        for node, _, owner in self.classes(module):
            stmt, origin = self.pair(node)
            if stmt is None or origin is None or (self.plan and self.plan.scope is stmt):
                continue
            for each in align.constants(origin, stmt):
                if type(owner) not in (type, abc.ABCMeta):  # which may do more than set it
                    said = Notice.of(
                        refusals.CLASS_CELL, path=self.file.path, name=stmt.qualname, **each.place
                    )
                    self.warnings.append(said.to_json())
                    continue
                assert owner is not None
                before = dict(vars(owner))
                space = dict(before)
                statement = plainly(each.node, node.name)
                tree = ast.Module([statement], [])
                code = compile(tree, self.file.path, "exec", self.new.flags, dont_inherit=True)
                self.execute(code, each.node, module, space)
                for target in statement.targets:
                    assert isinstance(target, ast.Name)
                    undo.append(partial(reset, owner, target.id, before))
                    setattr(owner, target.id, space[target.id])

    def add_methods(self, module: dict[str, Any], undo: Undo) -> None:
        """Give the classes of the module the methods that are new in their text.

        So too one whose function cannot take its new code, since it now needs its class.
        """
        for node, names_, owner in self.classes(module):
            if owner is None:
                continue
            old = self.had(node)
            named: dict[str, list[ast.stmt]] = {}
            for inner in node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    named.setdefault(inner.name, []).append(inner)
            for name, parts in named.items():  # several: the methods of a property
                before = vars(owner).get(name)
                function = getattr(before, "__func__", before)
                if before is None and name not in old:
                    undo.append(partial(delattr, owner, name))
                    self.functions.append(".".join((*names_, name)))
                elif self.stale.pop(id(function), None) is not None:
                    undo.append(partial(setattr, owner, name, before))
                elif isinstance(before, property):
                    self.add_accessors(module, node, names_, name, parts, owner, undo)
                    continue
                else:
                    continue
                setattr(owner, name, self.method(module, node, names_, name, parts, owner))

    def add_accessors(
        self,
        module: dict[str, Any],
        node: ast.ClassDef,
        names_: tuple[str, ...],
        name: str,
        parts: list[ast.stmt],
        owner: type,
        undo: Undo,
    ) -> None:
        """Give a property the getter, setter or deleter that is new in its text.

        The methods that it has stay the same objects.
        """
        matching = self.matching()
        new = []
        for part in parts:
            stmt = matching.new.find(part.lineno, part.col_offset)
            kind = accessor(part, name)
            if kind and stmt is not None and stmt not in matching.origins:
                new.append(kind)
        if not new:
            return
        before = vars(owner)[name]
        made, after = self.method(module, node, names_, name, parts, owner), before
        assert isinstance(made, property)
        for kind in new:
            after = getattr(after, kind)(getattr(made, ACCESSORS[kind]))
        undo.append(partial(setattr, owner, name, before))
        setattr(owner, name, after)
        self.functions.append(".".join((*names_, name)))

    def had(self, node: ast.ClassDef) -> set[str]:
        """The names of the methods that a class of the new text had in the running one."""
        _, origin = self.pair(node)
        defs = origin.owner.scope(origin).defs if origin is not None else ()
        return {each.name for each in defs if each.name is not None}

    def pair(self, node: ast.ClassDef) -> tuple[Stmt | None, Stmt | None]:
        """A class of the new text as a statement, and what it was in the running one."""
        matching = self.matching()
        stmt = matching.new.find(node.lineno, node.col_offset)
        matching.bodies(None)
        return stmt, None if stmt is None else self.origin(stmt)

    def origin(self, definition: Stmt) -> Stmt | None:
        """What a definition of the new text was in the running one; those around it come first."""
        matching, around = self.matching(), definition.scope
        above = None if around is None else self.origin(around)
        if around is not None and above is not None:
            matching.definitions(above)
        return matching.origins.get(definition)

    def method(
        self,
        module: dict[str, Any],
        node: ast.ClassDef,
        names_: tuple[str, ...],
        name: str,
        parts: list[ast.stmt],
        owner: type,
    ) -> object:
        """What the definitions of one name in a class make of it."""
        weaving = compiler.Weaving(self.new, self.file.select)
        body: list[ast.stmt] = Outside(weaving).block(parts)
        for each in reversed(names_):
            bare = ast.ClassDef(each, [], [], body, [])
            if "type_params" in bare._fields and not hasattr(bare, "type_params"):
                setattr(bare, "type_params", [])  # noqa: B010
            body = [ast.copy_location(bare, node)]
        code = compiler.statements(self.new, ast.Module(body, []), weaving)
        scratch: dict[str, Any] = {}
        self.execute(code, parts[0], module, scratch)
        space: Mapping[str, Any] = scratch
        for each in names_:
            space = vars(space[each])
        made: object = space[name]
        parts_ = [made.fget, made.fset, made.fdel] if isinstance(made, property) else [made]
        for function in (getattr(each, "__func__", each) for each in parts_):
            if not isinstance(function, FunctionType):
                continue
            for variable, cell in zip(
                function.__code__.co_freevars, function.__closure__ or (), strict=True
            ):
                if variable == "__class__" and isinstance(cell, CellType):
                    cell.cell_contents = owner
        return made


def plainly(statement: ast.stmt, owner: str) -> ast.Assign:
    """An assignment in the body of a class as it is to be run outside of it."""
    words = {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}
    private = {each for each in words if each.startswith("__") and not each.endswith("__")}
    made = renamed(statement, {each: f"_{owner.lstrip('_')}{each}" for each in private})
    if isinstance(made, ast.AnnAssign) and made.value is not None:
        made = ast.copy_location(ast.Assign([made.target], made.value), made)
    assert isinstance(made, ast.Assign)
    return made


def reset(owner: type, name: str, before: Mapping[str, object]) -> None:
    """Give an attribute of a class back what it was."""
    if name in before:
        setattr(owner, name, before[name])
    else:
        delattr(owner, name)


ACCESSORS = {"getter": "fget", "setter": "fset", "deleter": "fdel"}


def accessor(definition: ast.stmt, name: str) -> str | None:
    """Which method a definition adds to the property `name`, if it does."""
    assert isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef))
    outermost = definition.decorator_list[:1]
    for each in outermost:
        known = isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name)
        if known and each.value.id == name and each.attr in ACCESSORS:  # type: ignore[attr-defined]
            return each.attr  # type: ignore[attr-defined, no-any-return]
    return None


def tidy(kept: Collection[Text]) -> None:
    """Let go of the trees of all texts but some; they can be made again.

    Looking for the functions to be changed takes the longer, the more objects there are.
    """
    continuation.forget()
    entering.forget()
    held = list(state.stops.values())
    run = {*kept, *(each.origin.text for each in held), *(each.target.text for each in held)}
    for file in versions.files().values():
        file.prune(run)
        for text in list(file.texts.values()):
            if text not in kept:
                text.trim()
                twins.forget(text)


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


KINDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def assign(function: FunctionType, code: CodeType) -> None:
    """Give a function its code.

    To turn a function into a generator or so like this is deprecated. It is right here, and why it
    happens is not the program's doing: calls under way keep their code, only later ones have this.
    """
    if not (function.__code__.co_flags ^ code.co_flags) & KINDS:
        function.__code__ = code
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        function.__code__ = code


def rekeyed(code: CodeType, keys: Collection[str], key: str, shift: int) -> CodeType:
    """The same code in a text where its lines have moved: what names its text names that one."""
    consts: list[Any] = []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            const = rekeyed(const, keys, key, shift)
        elif isinstance(const, str) and const in keys:
            const = key
        elif isinstance(const, tuple) and len(const) == 2 and const[0] in keys:
            (first, column, last, end) = const[1]
            const = key, (first + shift, column, last + shift, end)
        consts.append(const)
    line = max(code.co_firstlineno + shift, 1)
    return code.replace(co_consts=tuple(consts), co_firstlineno=line)


def accounted(codes: list[CodeType], functions: list[FunctionType]) -> Counter[int]:
    """How many references to each code are known: those of functions, frames, outer code, doors."""
    known = Counter(id(function.__code__) for function in functions)
    known.update(id(each) for each in entering.bases())
    for code in codes:
        known.update(id(each) for each in code.co_consts if isinstance(each, CodeType))
    # Other threads' frames may end meanwhile; what they run is searched for.
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        known[id(frame.f_code)] += 1
        frame = frame.f_back
    return known


def namespace(path: str, crash: Crash | None) -> dict[str, Any] | None:
    """The globals of the module at `path`."""
    if crash is not None and path == crash.filename:
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
    lines = split(text)
    linecache.cache[path] = (len(text), None, lines, path)


__all__ = ["Change", "replace", "whole"]


def _lines(text: str) -> list[str]:
    """The lines of a text with their ends, as `patch` counts them: only newlines end one."""
    return [line for line in re.split(r"(?<=\n)", text) if line]
