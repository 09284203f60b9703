"""A reference for what leaving a crashed cell means: an interpreter of the grammar of `programs`.

It walks the tree of a function, so going on elsewhere is a signal that climbs through the blocks
as `break` would, and a restart an exception that climbs through the frames. It shares nothing with
the kernel. Going on goes on even if something on the way is absorbed by an abandoned block: a
`break` by its loop, an exception by its handler.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.kernel.programs import Boom, Meant

Path = tuple[tuple[str, int, int], ...]
"""Steps from a body down to a statement: block (with its number) and index in it."""


class Signal(BaseException):
    """Climbs through the blocks of one call; exits see no exception."""


class Break(Signal): ...


class Continue(Signal): ...


class Return(Signal):
    def __init__(self, value: object) -> None:
        self.value = value


class Jump(Signal):
    """Goes on at `target`, or behind it."""

    def __init__(self, origin: Path, target: Path, after: bool = False) -> None:
        self.origin, self.target, self.after = origin, target, after

    def rest(self, path: Path, part: str, which: int = 0) -> Path | None:
        """The way from a block on to the target, or None if that is not in it."""
        way = self.target[len(path) :]
        if self.target[: len(path)] == path and way and way[0][:2] == (part, which):
            return way
        return None


class Restart(BaseException):
    """Has `run` called again with `values`."""

    def __init__(self, run: Run, values: dict[str, Any]) -> None:
        self.run, self.values = run, values


Decide = Callable[["Run", Path, bool], None]
"""What happens at a crash: one of the above is raised, or the cell runs again.

Told: the cell, and whether it was `__next__` that crashed.
"""


@dataclass
class Run:
    """One call of a function.

    Attributes:
        node: the function.
        decide: see above.
        around: names that the function sees besides its own.
        outer: the call that called it.
        unbound: what reading an unbound name raises.
    """

    node: ast.FunctionDef
    decide: Decide
    around: dict[str, Any]
    outer: Run | None = None
    names: dict[str, Any] = field(default_factory=dict)
    handled: list[BaseException] = field(default_factory=list)
    jump: Jump | None = None
    unbound: type[Exception] = UnboundLocalError

    def call(self, values: dict[str, Any]) -> Any:
        while True:
            self.names = {**self.around, **values}
            self.jump = None
            try:
                self.block(self.node.body, (), "body")
            except Return as end:
                return end.value
            except Restart as restart:
                if restart.run is not self:
                    raise
                values = restart.values
                continue
            return None

    @property
    def parameters(self) -> dict[str, Any]:
        return {each.arg: self.names[each.arg] for each in self.node.args.args}

    # ---- cells

    def cell(self, path: Path, action: Callable[[], Any], following: bool = False) -> Any:
        while True:
            try:
                return action()
            except Boom:
                self.jump = None  # somebody decides anew
            except NameError as error:
                raise self.unbound(error) from None
            self.decide(self, path, following)

    def value(self, node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "reference", "eval"), self.names)

    def go(self, path: Path, target: Path, after: bool = False) -> None:
        self.jump = Jump(path, target, after)
        raise self.jump

    def landed(self, path: Path) -> Path:
        self.jump = None
        return path

    def absorbed(self, path: Path) -> None:
        """The block at `path` has taken what left its body; if it is abandoned, go on going."""
        jump = self.jump
        if jump is None or jump.origin[: len(path)] != path or len(jump.origin) == len(path):
            return
        if jump.origin[len(path)][0] == "body":
            if jump.rest(path, "body") is None:
                raise jump
            self.jump = None

    # ---- statements

    def block(
        self, body: Sequence[ast.stmt], path: Path, part: str, inside: Path = (), which: int = 0
    ) -> None:
        index, deeper = (inside[0][2], inside[1:]) if inside else (0, ())
        while index < len(body):
            node = body[index]
            method = getattr(self, type(node).__name__, self.simple)
            try:
                method(node, (*path, (part, which, index)), deeper)
            except Jump as jump:
                rest = jump.rest(path, part, which)
                if rest is None:
                    raise
                self.landed(rest)
                index, deeper = rest[0][2], rest[1:]
                index += jump.after and not deeper
            else:
                index, deeper = index + 1, ()

    def simple(self, node: ast.stmt, path: Path, inside: Path) -> None:
        code = compile(ast.Module([node], []), "reference", "exec")
        self.cell(path, lambda: exec(code, self.names))

    def Break(self, node: ast.stmt, path: Path, inside: Path) -> None:
        raise Break

    def Continue(self, node: ast.stmt, path: Path, inside: Path) -> None:
        raise Continue

    def Return(self, node: ast.Return, path: Path, inside: Path) -> None:
        assert node.value is not None
        value = node.value
        raise Return(self.cell(path, lambda: self.value(value)))

    def Raise(self, node: ast.stmt, path: Path, inside: Path) -> None:
        raise self.handled[-1]

    def If(self, node: ast.If, path: Path, inside: Path) -> None:
        part = inside[0][0] if inside else None
        if part is None:
            part = "body" if self.cell(path, lambda: self.value(node.test)) else "orelse"
        self.block(getattr(node, part), path, part, inside)

    def Match(self, node: ast.Match, path: Path, inside: Path) -> None:
        if inside:
            which = inside[0][1]
        else:
            which = int(self.cell(path, lambda: self.value(node.subject)) != 0)
            guard = node.cases[0].guard
            assert guard is not None
            if not which and not self.cell(path, lambda: self.value(guard)):
                which = 1
        self.block(node.cases[which].body, path, "cases", inside, which)

    def While(self, node: ast.While, path: Path, inside: Path) -> None:
        if inside and inside[0][0] == "orelse":
            return self.block(node.orelse, path, "orelse", inside)
        while inside or self.cell(path, lambda: self.value(node.test)):
            if not self.turn(node, path, inside):
                return None
            inside = ()
        return self.block(node.orelse, path, "orelse")

    def turn(self, node: ast.For | ast.While, path: Path, inside: Path) -> bool:
        """One pass; whether the loop goes on."""
        try:
            self.block(node.body, path, "body", inside)
        except Break:
            self.absorbed(path)
            return False
        except Continue:
            self.absorbed(path)
        return True

    def For(self, node: ast.For, path: Path, inside: Path) -> None:
        if inside:
            return self.block(node.orelse, path, "orelse", inside)
        iterator = self.cell(path, lambda: iter(self.value(node.iter)))
        assert isinstance(node.target, ast.Name)
        end = object()
        while True:
            try:
                value = self.cell(path, lambda: next(iterator, end), True)
                if value is end:
                    return self.block(node.orelse, path, "orelse")
                self.names[node.target.id] = value
            except Jump as jump:
                rest = jump.rest(path, "body")
                if rest is None:
                    raise
                inside = self.landed(rest)
            if not self.turn(node, path, inside):
                return None
            inside = ()

    def With(self, node: ast.With, path: Path, inside: Path, number: int = 0) -> None:
        if number == len(node.items):
            return self.block(node.body, path, "body")
        item = node.items[number]

        def enter() -> Any:
            manager = self.value(item.context_expr)
            value = manager.__enter__()
            if isinstance(item.optional_vars, ast.Name):
                self.names[item.optional_vars.id] = value
            return manager

        manager = self.cell(path, enter)
        try:
            self.With(node, path, (), number + 1)
        except Signal:
            manager.__exit__(None, None, None)
            raise
        except BaseException as error:
            manager.__exit__(type(error), error, error.__traceback__)
            raise
        return manager.__exit__(None, None, None)  # type: ignore[no-any-return]

    def Try(self, node: ast.Try, path: Path, inside: Path) -> None:
        if not node.finalbody:
            return self.parts(node, path, inside)
        while True:
            pending: BaseException | None = None
            final: Path = ()
            if inside and inside[0][0] == "finalbody":
                final = inside
            else:
                try:
                    self.parts(node, path, inside)
                except BaseException as error:
                    rest = error.rest(path, "finalbody") if isinstance(error, Jump) else None
                    if rest is None:
                        pending = error
                    else:
                        final = self.landed(rest)
            try:
                self.block(node.finalbody, path, "finalbody", final)
            except Jump as jump:
                back = jump.rest(path, "body") or jump.rest(path, "orelse")
                if back is None:
                    raise
                inside = self.landed(back)
                continue
            if pending is None or (isinstance(pending, Jump) and pending is not self.jump):
                return None
            raise pending

    def parts(self, node: ast.Try, path: Path, inside: Path) -> None:
        """What stands before the `finally`."""
        while True:
            try:
                if not inside or inside[0][0] == "body":
                    try:
                        self.block(node.body, path, "body", inside)
                    except Meant as error:
                        if not node.handlers:
                            raise
                        self.handle(node.handlers[0], path, error)
                        self.absorbed(path)
                        return
                    inside = ()
                return self.block(node.orelse, path, "orelse", inside)
            except Jump as jump:
                rest = jump.rest(path, "body") or jump.rest(path, "orelse")
                if rest is None:
                    raise
                inside = self.landed(rest)

    def handle(self, handler: ast.ExceptHandler, path: Path, error: BaseException) -> None:
        self.handled.append(error)
        if handler.name:
            self.names[handler.name] = error
        try:
            self.block(handler.body, path, "handlers")
        finally:
            self.handled.pop()
            if handler.name:
                self.names.pop(handler.name, None)


def function(text: str, name: str = "main") -> ast.FunctionDef:
    """A function of a program, its closures' variables being the names of the call."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [
                ast.copy_location(ast.Global(each.names), each)
                if isinstance(each, ast.Nonlocal)
                else each
                for each in node.body
            ]
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)


def cells(node: ast.AST, path: Path = ()) -> Iterator[tuple[Path, ast.stmt]]:
    """Every cell of a function, in source order."""
    for part in ("body", "handlers", "orelse", "finalbody", "cases"):
        found = getattr(node, part, [])
        if part in ("handlers", "cases"):
            lists = [(number, each.body) for number, each in enumerate(found)]
        else:
            lists = [(0, found)]
        for which, body in lists:
            for index, each in enumerate(body):
                here = (*path, (part, which, index))
                yield here, each
                if not isinstance(each, ast.FunctionDef):
                    yield from cells(each, here)


def enterable(node: ast.FunctionDef, origin: Path, following: bool) -> dict[int, Path]:
    """The cells at which a call can go on, by line; `following`: it crashed in `__next__`."""
    first: dict[int, Path] = {}
    nodes: dict[Path, ast.AST] = {}
    for path, each in cells(node):
        nodes[path] = each
        first.setdefault(each.lineno, path)
    found = {}
    for line, path in first.items():
        closed = False
        for depth in range(1, len(path)):
            block, part = nodes[path[:depth]], path[depth][0]
            live = origin[:depth] == path[:depth] and (
                origin[depth][:2] == path[depth][:2] if len(origin) > depth else following
            )
            made = part == "handlers" or (isinstance(block, (ast.For, ast.With)) and part == "body")
            closed |= made and not live
        if not closed:
            found[line] = path
    return found
