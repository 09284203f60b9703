"""Giving the classes of a module the methods and constants that are new in its text."""

from __future__ import annotations

import abc
import ast
from collections.abc import Iterator, Mapping
from functools import partial
from types import CellType, FunctionType
from typing import Any

from daifu_dap.common import align, refusals
from daifu_dap.common.outline import Stmt
from daifu_dap.common.refusals import Notice
from daifu_dap.common.renames import renamed
from daifu_dap.recovery.additions import Additions
from daifu_dap.recovery.change import Undo
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.weave import Outside


class Classes:
    """The classes of a module whose text changes."""

    def __init__(self, additions: Additions) -> None:
        self.additions = additions
        self.change = additions.change

    def classes(
        self,
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

        return inside(self.change.new.tree.body, self.additions.module, ())

    def add_constants(self, undo: Undo) -> None:
        """Set the constants that are new in the text of a class on the class that exists."""
        for node, _, owner in self.classes():
            stmt, origin = self.pair(node)
            if (
                stmt is None
                or origin is None
                or (self.change.plan and self.change.plan.scope is stmt)
            ):
                continue
            for each in align.constants(origin, stmt):
                if type(owner) not in (type, abc.ABCMeta):  # which may do more than set it
                    said = Notice.of(
                        refusals.CLASS_CELL,
                        path=self.change.file.path,
                        name=stmt.qualname,
                        **each.place,
                    )
                    self.change.warnings.append(said.to_json())
                    continue
                assert owner is not None
                before = dict(vars(owner))
                space = dict(before)
                statement = plainly(each.node, node.name)
                tree = ast.Module([statement], [])
                code = compile(
                    tree, self.change.file.path, "exec", self.change.new.flags, dont_inherit=True
                )
                self.additions.execute(code, each.node, space)
                for target in statement.targets:
                    assert isinstance(target, ast.Name)
                    undo.append(partial(reset, owner, target.id, before))
                    setattr(owner, target.id, space[target.id])

    def add_methods(self, undo: Undo) -> None:
        """Give the classes of the module the methods that are new in their text.

        So too one whose function cannot take its new code, since it now needs its class.
        """
        for node, names_, owner in self.classes():
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
                    self.change.functions.append(".".join((*names_, name)))
                elif self.change.stale.pop(id(function), None) is not None:
                    undo.append(partial(setattr, owner, name, before))
                elif isinstance(before, property):
                    self.add_accessors(node, names_, name, parts, owner, undo)
                    continue
                else:
                    continue
                setattr(owner, name, self.method(node, names_, name, parts, owner))

    def add_accessors(
        self,
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
        matching = self.change.matching()
        new = []
        for part in parts:
            stmt = matching.new.find(part.lineno, part.col_offset)
            kind = accessor(part, name)
            if kind and stmt is not None and stmt not in matching.origins:
                new.append(kind)
        if not new:
            return
        before = vars(owner)[name]
        made, after = self.method(node, names_, name, parts, owner), before
        assert isinstance(made, property)
        for kind in new:
            after = getattr(after, kind)(getattr(made, ACCESSORS[kind]))
        undo.append(partial(setattr, owner, name, before))
        setattr(owner, name, after)
        self.change.functions.append(".".join((*names_, name)))

    def had(self, node: ast.ClassDef) -> set[str]:
        """The names of the methods that a class of the new text had in the running one."""
        _, origin = self.pair(node)
        defs = origin.owner.scope(origin).defs if origin is not None else ()
        return {each.name for each in defs if each.name is not None}

    def pair(self, node: ast.ClassDef) -> tuple[Stmt | None, Stmt | None]:
        """A class of the new text as a statement, and what it was in the running one."""
        matching = self.change.matching()
        stmt = matching.new.find(node.lineno, node.col_offset)
        matching.bodies(None)
        return stmt, None if stmt is None else self.origin(stmt)

    def origin(self, definition: Stmt) -> Stmt | None:
        """What a definition of the new text was in the running one; those around it come first."""
        matching, around = self.change.matching(), definition.scope
        above = None if around is None else self.origin(around)
        if around is not None and above is not None:
            matching.definitions(above)
        return matching.origins.get(definition)

    def method(
        self,
        node: ast.ClassDef,
        names_: tuple[str, ...],
        name: str,
        parts: list[ast.stmt],
        owner: type,
    ) -> object:
        """What the definitions of one name in a class make of it."""
        weaving = compiler.Weaving(self.change.new, self.change.file.select)
        body: list[ast.stmt] = Outside(weaving).block(parts)
        for each in reversed(names_):
            bare = ast.ClassDef(each, [], [], body, [])
            if "type_params" in bare._fields and not hasattr(bare, "type_params"):
                setattr(bare, "type_params", [])  # noqa: B010
            body = [ast.copy_location(bare, node)]
        code = compiler.statements(self.change.new, ast.Module(body, []), weaving)
        scratch: dict[str, Any] = {}
        self.additions.execute(code, parts[0], scratch)
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
