"""Weaving a body from a point on; what a continuation is made of is told in `continuation`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from daifu_dap.common.flags import CO_ASYNC_GENERATOR
from daifu_dap.common.typed import Any
from daifu_dap.recovery.locate import (
    ENTER,
    EXIT,
    GUARD,
    MATCH,
    NEXT,
    TARGET,
    Point,
    Step,
)
from daifu_dap.vaccine import names
from daifu_dap.vaccine.slots import (
    BREAK,
    CONTINUE,
    HOW,
    NORMAL,
    PENDING,
    RETURN,
    STAR,
    Block,
    Loop,
    Managed,
    span,
)
from daifu_dap.vaccine.syntax import (
    assign,
    at,
    constant,
    load,
    nowhere,
    replaced,
    runtime,
    store,
)
from daifu_dap.vaccine.weave import Enclosing, Weaver


class Resumer(Weaver):
    """Weaves a body from a point on.

    Attributes:
        id: stands for the recovery, by which the woven code asks the runtime for what it needs.
        action: what to do at the point: "retry", "skip", "return" or "raise".
        modes: how each `finally` body around the point was reached, outermost first.
    """

    def __init__(self, *weaver: Any, point: Point, id: str, action: str, modes: list[int]) -> None:
        super().__init__(*weaver)
        self.point = point
        self.id = id
        self.action = action
        self.modes = modes

    def rest(self, statements: Sequence[ast.stmt], depth: int = 0) -> Block:
        """What is left of a block that the path goes through at `depth`."""
        index = self.point.path[depth].index
        return [*self.resume(statements[index], depth), *self.block(statements[index + 1 :])]

    def Global(self, node: ast.Global | ast.Nonlocal) -> Block:
        """Nothing: it stands at the top, since what it was before may have been left out."""
        return [at(ast.Pass(), node)]

    Nonlocal = Global

    def ImportFrom(self, node: ast.ImportFrom) -> Block:
        """Nothing for a feature of the language: it must stand first, and is on already."""
        return [at(ast.Pass(), node) if node.module == "__future__" else node]

    def resume(self, node: ast.stmt, depth: int) -> Block:
        if depth + 1 == len(self.point.path):
            return self.cell(node)
        step = self.point.path[depth + 1]
        if step.field == "cases":
            return self.rest(node.cases[step.which].body, depth + 1)  # type: ignore[attr-defined]
        if isinstance(node, (ast.Try, ast.TryStar)):
            return self.tried(node, step, depth + 1)
        if step.field == "body" and isinstance(node, Loop):
            self.enter("loop", self.number(node))
            inner = self.rest(node.body, depth + 1)
            self.enclosing.pop()
            ordinary = self.loop(node, self.again(node))
            return [self.single(inner, ordinary), *self.cleared(node)]
        if step.field == "body" and isinstance(node, ast.While):
            self.enter("loop", None)
            inner = self.rest(node.body, depth + 1)
            self.enclosing.pop()
            ordinary_ = self.block([node])
            return [self.single(inner, *ordinary_), *self.cleared(node)]
        if step.field == "body" and isinstance(node, Managed):
            body = self.managing(node, lambda inside: self.rest(inside, depth + 1))
            return self.adopted(node, len(node.items), body)
        return self.rest(getattr(node, step.field), depth + 1)

    def enter(self, kind: str, number: int | None) -> None:
        self.enclosing.append(Enclosing(kind, number))

    def single(self, inner: Block, *then: ast.stmt) -> ast.stmt:
        """`inner` as the only pass of a loop, `then` unless it breaks out."""
        target: ast.expr = store(names.ONCE)
        if self.module:
            target = ast.Attribute(load(names.RUNTIME), "pass_", ast.Store())
        once = ast.For(target, ast.Tuple([constant(None)], ast.Load()), [], [])
        once = nowhere(once)
        once.body, once.orelse = inner, list(then)
        return once

    def again(self, node: Loop) -> ast.expr:
        """An iterable whose iterator is the live one of `node`."""
        return runtime("once" + suffix(node), self.kept(self.number(node)))

    def adopted(self, node: Managed, count: int, inner: Block, first: int = 0) -> Block:
        """`inner` inside managers `first` to `count` of `node`, which are entered already."""
        for index in range(count - 1, first - 1, -1):
            number = self.number(node, index)
            adopt = "adopt" + suffix(node)
            manager = at(runtime(adopt, self.kept(number)), node.items[index].context_expr)
            inner = self.managed(node, number, ast.withitem(manager, None), inner)
        return inner

    # ---- try

    def tried(self, node: ast.Try | ast.TryStar, step: Step, depth: int) -> Block:
        if step.field == "finalbody":
            return self.finishing(node, depth)
        if node.finalbody:
            self.enter("finally", self.number(node))
        if step.field == "body":
            parts = self.parts(node, self.rest(node.body, depth))
        elif step.field == "handlers" and isinstance(node, ast.TryStar):
            handler = node.handlers[step.which]
            body = [*self.entry(node), *self.rest(handler.body, depth)]
            parts = self.starring(node, step.which, body)
        elif step.field == "handlers":
            handler = node.handlers[step.which]
            body = [*self.rehandled(), *self.entry(node), *self.rest(handler.body, depth)]
            parts = [self.handling(handler.name, body, node)]
        else:
            parts = self.rest(node.orelse, depth)
        if node.finalbody:
            self.enclosing.pop()
        return self.final(node, parts)

    def handling(self, name: str | None, body: Block, node: ast.stmt) -> ast.stmt:
        """`body` run as the handler of the exception that was being handled."""
        kind = ast.Attribute(load(names.RUNTIME), "every", ast.Load())
        handler = nowhere(ast.ExceptHandler(kind, name, []))
        handler.body = body
        raised = nowhere(ast.Raise(runtime("handled", constant(self.id))))
        return at(ast.Try([raised], [handler], [], []), node)

    def starring(self, node: ast.TryStar, start: int, body: Block | None) -> Block:
        """The handlers of an `except*` from `start` on, and what the statement does at its end.

        Args:
            body: what is left of the first of them, if it has been chosen.
        """
        star = self.number(node, STAR)
        self.stars.append(star)
        parts: Block = []
        for index, handler in enumerate(node.handlers[start:], start):
            assert handler.type is not None
            whole = body if body is not None else self.block(handler.body)
            chosen = [self.starred(star, "handle", handler.name, whole)]
            collected = self.site(chosen, span(*handler.body), star=star, swallow=True)
            if body is None:
                match: ast.expr = at(runtime("match", self.kept(star), handler.type), handler.type)
                if index == start:
                    match = self.value(match)
                collected = [at(ast.If(match, collected, []), node)]
            parts += collected
            body = None
        again = self.starred(star, "leave_star", None, [nowhere(ast.Raise())])
        ends = ast.If(nowhere(runtime("left_star", self.kept(star))), [again], [])
        return [*parts, nowhere(ends), *self.clear(star)]

    def starred(self, star: int, which: str, name: str | None, body: Block) -> ast.stmt:
        """`body` run as the handler of an exception that the `except*` statement gives."""
        kind = ast.Attribute(load(names.RUNTIME), "every", ast.Load())
        handler = nowhere(ast.ExceptHandler(kind, name, []))
        handler.body = [nowhere(ast.Expr(runtime("handling", self.kept(star)))), *body]
        raised = nowhere(ast.Raise(runtime(which, self.kept(star))))
        return nowhere(ast.Try([raised], [handler], [], []))

    def rehandled(self) -> Block:
        return [nowhere(ast.Expr(runtime("rehandled", constant(self.id))))]

    def finishing(self, node: ast.Try | ast.TryStar, depth: int) -> Block:
        how = self.modes.pop(0)
        inner = [*self.mark(self.number(node), how), *self.rest(node.finalbody, depth)]
        if how == PENDING:
            raised = nowhere(ast.Raise(runtime("handled", constant(self.id))))
            return [at(ast.Try([raised], [], [], [*self.rehandled(), *inner]), node)]
        return [*inner, *self.leaving(how)]

    # ---- the cell

    def ran(self) -> Block:
        return [nowhere(ast.Expr(runtime("ran", constant(self.id))))]

    def value(self, expression: ast.expr) -> ast.expr:
        return at(runtime("ran_value", constant(self.id), expression), expression)

    def cell(self, node: ast.stmt) -> Block:
        """The cell at the point, by the action and the phase."""
        given = runtime("given", constant(self.id))
        if self.action == "return":
            value = None if self.flavour & CO_ASYNC_GENERATOR else given
            return self.around(node, at(ast.Return(value), node))
        if self.action == "raise":
            return self.around(node, at(ast.Raise(given), node))
        if self.action == "skip" and self.point.phase == TARGET:
            assert isinstance(node, Loop)
            return [*self.ran(), self.loop(node, self.again(node)), *self.cleared(node)]
        if self.point.phase == EXIT and isinstance(node, Managed) and not self.point.after:
            return self.exiting(node)
        if self.action == "skip" or self.point.after:
            return self.around(node)
        if self.point.phase == MATCH and isinstance(node, (ast.Try, ast.TryStar)):
            return self.matching(node)
        method: Callable[[ast.stmt], Block] | None
        method = getattr(self, f"cell_{type(node).__name__}", None)
        return method(node) if method is not None else [*self.block([node]), *self.ran()]

    def exiting(self, node: Managed) -> Block:
        """The exit that failed, unless it is skipped, and what its body was left for."""
        item, how = self.point.item, NORMAL
        if self.point.raised:
            handler = nowhere(ast.ExceptHandler(None, None, []))
            handler.body = [*self.rehandled(), nowhere(ast.Raise())]
            passing = ast.Try(
                [nowhere(ast.Raise(runtime("handled", constant(self.id))))], [handler], [], []
            )
            body: Block = [nowhere(passing)]
        else:
            body = [at(ast.Pass(), node)]
            if (id(node), HOW) in self.numbers:
                how = self.modes.pop(0)
        if self.action == "skip":
            closed = body
        else:
            number = self.number(node, item)
            adopt = runtime("adopt" + suffix(node), self.kept(number))
            manager = at(adopt, node.items[item].context_expr)
            closed = [replaced(node, items=[ast.withitem(manager, None)], body=body)]
            closed += self.clear(number)
        inner = self.managing(node, lambda _: [*closed, *self.ran(), *self.leaving(how)])
        return self.adopted(node, item, inner)

    def leaving(self, how: int) -> Block:
        """What a body that was left so goes on with, behind the block that is done with."""
        if how == RETURN and self.flavour & CO_ASYNC_GENERATOR:
            return self.Return(nowhere(ast.Return(None)))
        if how == RETURN:
            return self.Return(nowhere(ast.Return(load(names.VALUE))))
        if how == BREAK:
            return self.Break(nowhere(ast.Break()))
        if how == CONTINUE:
            return self.Continue(nowhere(ast.Continue()))
        return []

    def around(self, node: ast.stmt, *instead: ast.stmt) -> Block:
        """`instead` in place of the cell, inside what has been entered of it.

        That is managers of its header, or the `finally` around the choice of a handler.
        """
        if isinstance(node, Managed) and self.point.phase in (ENTER, EXIT):
            return self.adopted(node, self.point.item, [*self.ran(), *self.block(instead)])
        if self.point.phase == GUARD:
            return [*self.clear(self.number(node)), *self.ran(), *self.block(instead)]
        if not isinstance(node, (ast.Try, ast.TryStar)) or self.point.phase != MATCH:
            return [*self.ran(), *self.block(instead)]
        if node.finalbody:
            self.enter("finally", self.number(node))
        inner = [*self.ran(), *self.block(instead)]
        if isinstance(node, ast.TryStar):
            inner = [*self.clear(self.number(node, STAR)), *inner]
        else:
            inner = [self.handling(None, [*self.rehandled(), *inner], node)]
        if node.finalbody:
            self.enclosing.pop()
        return self.final(node, inner)

    def matching(self, node: ast.Try | ast.TryStar) -> Block:
        """Choose the handler again for the exception that was being handled."""
        if node.finalbody:
            self.enter("finally", self.number(node))
        if isinstance(node, ast.TryStar):
            parts = self.starring(node, self.point.item, None)
            if node.finalbody:
                self.enclosing.pop()
            return self.final(node, parts)
        handlers = []
        for each in node.handlers:
            body = [*self.rehandled(), *self.ran(), *self.entry(node), *self.block(each.body)]
            handlers.append(replaced(each, body=body))
        raised = nowhere(ast.Raise(runtime("handled", constant(self.id))))
        parts = [replaced(node, body=[raised], handlers=handlers, orelse=[], finalbody=[])]
        if node.finalbody:
            self.enclosing.pop()
        return self.final(node, parts)

    def cell_Return(self, node: ast.Return) -> Block:
        if node.value is None:
            return [*self.ran(), *self.Return(node)]
        return self.Return(replaced(node, value=self.value(node.value)))

    def cell_Raise(self, node: ast.stmt) -> Block:
        return self.block([node])

    def cell_Break(self, node: ast.stmt) -> Block:
        return [*self.ran(), *self.block([node])]

    cell_Continue = cell_Break

    def cell_If(self, node: ast.If) -> Block:
        return self.block([replaced(node, test=self.value(node.test))])

    def again_as(self, node: ast.stmt, **fields: object) -> Block:
        """`node` woven with other fields; its slots stay its own."""
        other = replaced(node, **fields)
        moved = {(id(other), n): number for (o, n), number in self.numbers.items() if o == id(node)}
        self.numbers = {**self.numbers, **moved}
        return self.block([other])

    def cell_Match(self, node: ast.Match) -> Block:
        if self.point.phase != GUARD:
            return self.again_as(node, subject=self.value(node.subject))
        number = self.number(node)
        case, *later = node.cases[self.point.item :]
        assert case.guard is not None
        others: Block = []
        if later:
            cases = self.cases(later, *self.clear(number))
            others = [replaced(node, subject=at(self.kept(number), node.subject), cases=cases)]
        body = [*self.clear(number), *self.block(case.body)]
        branch = at(ast.If(self.value(case.guard), body, others), node)
        return [branch, *self.clear(number)]

    def cell_While(self, node: ast.While) -> Block:
        once = self.single(self.inside("loop", None, node.body), *self.block([node]))
        branch = ast.If(self.value(node.test), [once], self.block(node.orelse))
        return [at(branch, node), *self.cleared(node)]

    def cell_For(self, node: Loop) -> Block:
        number = self.number(node)
        begun: Block = []
        if self.point.phase != NEXT:
            iterator = at(runtime("iter" + suffix(node), node.iter), node.iter)
            if self.module:
                begun = [at(ast.Expr(runtime("hold", constant(number), iterator)), node)]
            else:
                begun = [at(assign(names.slot(number), iterator), node)]
        # One pass over what `__next__` gives, so that a failure of it is this cell's; then the
        # loop.
        first: ast.expr = runtime("take" + suffix(node), constant(self.id), self.kept(number))
        if isinstance(node, ast.AsyncFor):
            first = ast.Await(first)
        rest = runtime("rest" + suffix(node), constant(self.id), self.kept(number))
        once = ast.For(
            node.target,
            at(first, node.iter),
            self.inside("loop", number, node.body),
            [self.loop(node, rest)],
        )
        return [*begun, at(once, node), *self.cleared(node)]

    cell_AsyncFor = cell_For

    def cell_With(self, node: Managed) -> Block:
        item = self.point.item if self.point.phase == ENTER else 0
        body = [*self.ran(), *self.block(node.body)]
        return self.adopted(node, item, self.managers(node, item, body))

    cell_AsyncWith = cell_With

    def cell_Try(self, node: ast.Try | ast.TryStar) -> Block:
        body = [*self.ran(), *self.block(node.body)]
        if node.finalbody:
            self.enter("finally", self.number(node))
        parts = self.parts(node, body)
        if node.finalbody:
            self.enclosing.pop()
        return self.final(node, parts)

    cell_TryStar = cell_Try


def suffix(node: Loop | Managed) -> str:
    """What the names of the runtime's methods for asynchronous statements end in."""
    return "_async" if isinstance(node, (ast.AsyncFor, ast.AsyncWith)) else ""
