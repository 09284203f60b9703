"""Continuations: the rest of a body, from a point on, as code of its own.

A continuation is the body's own text with everything before the point left out on the first pass
only. It is built by peeling the blocks along the path to the point, innermost last:

* a branch (`if`, `match`) is taken for granted: what is left of it stands there bare;
* a loop becomes the rest of the interrupted pass, inside a loop of one pass so that `break` and
  `continue` mean what they mean, whose `else` is the ordinary loop over the same live iterator;
* a `with` adopts the entered manager: it is not entered again, and is exited at its proper place;
* a `try` is rebuilt around the rest of its part; in a handler, or in a `finally` that an exception
  had brought about, that exception is made current again first; a `finally` reached by `return`,
  `break` or `continue` ends by doing that.

Later passes are ordinary woven code at ordinary speed, so a run that was recovered once pays
nothing for it. The interpreter knows nothing of continuations: they are functions with the same
name, parameters, closure cells and globals as the original, whose first statement binds the locals
that were bound.

A generator's continuation is a generator, which its body delegates to with `yield from`. An
asynchronous generator has nothing of the kind, so its continuation is made a coroutine, by a flag
of its code: then a value that it yields, which its code wraps for the consumer, goes out through
the `await` of the body it continues, and what is sent or thrown in, or its closing, comes in the
same way.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence
from functools import partial
from types import CodeType
from typing import Any

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from daifu_dap.common.record import Record, replace
from daifu_dap.recovery.locate import (
    ENTER,
    EXIT,
    GUARD,
    MATCH,
    NEXT,
    TARGET,
    Point,
    Step,
    global_names,
)
from daifu_dap.vaccine import names
from daifu_dap.vaccine.compile import Select, Weaving, alone, statements, undisturbed
from daifu_dap.vaccine.fence import barrier
from daifu_dap.vaccine.fence import cells as body_cells
from daifu_dap.vaccine.patch import freed
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
from daifu_dap.vaccine.text import Scope, declared
from daifu_dap.vaccine.weave import Enclosing, Weaver

YIELDING = CO_GENERATOR | CO_ASYNC_GENERATOR

Live = list[tuple[str, object]]
"""What a frame's live blocks hold, outermost first: kind ("iterator", "manager", "handled", or the
way a `finally` was reached) and object."""


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
            return [*self.ran(), self.loop(node, self.again(node))]
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


class Continuation(Record, frozen=True):
    """A compiled continuation.

    Attributes:
        code: its code.
        bound: the locals that its first statement binds, in order; then come `slots`.
        slots: numbers of the slots that it binds to what the live blocks hold, outermost first.
        value: whether the value of an announced `return` is bound last.
    """

    code: CodeType
    bound: tuple[str, ...]
    slots: tuple[int, ...]
    value: bool


def build(
    point: Point,
    action: str,
    recovery: int,
    bound: Collection[str],
    cells: Collection[str],
    live: Live,
    select: Select,
    kind: Callable[..., Resumer] = Resumer,
) -> Continuation:
    """The continuation from `point` on.

    It is compiled once: crashes at the same point, with the same variables bound, differ in the
    recovery only, whose number is put in afterwards.

    Args:
        point: where to go on.
        action: see `Resumer`.
        recovery: the id by which the code asks the runtime for objects.
        bound: locals of the live frame that are bound.
        cells: names of the live frame's cell and free variables.
        live: what the live blocks hold.
        select: which functions defined in the body are vaccinated.
        kind: what weaves it.

    Raises:
        SyntaxError: from a text that was not compiled before.
    """
    kinds = [each for each, _ in live]
    wanted = (point, action, *bound, None, *cells, None, *kinds, select, of(kind))
    made = _made.get(wanted)
    if made is None:
        with undisturbed():
            made = compiled(point, action, bound, cells, live, select, kind)
        if len(_made) >= KEPT:
            _made.clear()
        _made[wanted] = made
    consts = made.code.co_consts
    own = tuple(recovery if each == NUMBER else each for each in consts)
    return replace(made, code=made.code.replace(co_consts=own))


NUMBER = f"{names.PREFIX}_number__"
"""Stands in a continuation for the number of its recovery."""

KEPT = 8
"""How many continuations are kept."""

_made: dict[object, Continuation] = {}


def forget() -> None:
    """Let go of the continuations that are kept, and the trees of their texts."""
    _made.clear()


def of(kind: Callable[..., Resumer]) -> object:
    """Identifies what weaves."""
    if isinstance(kind, partial):
        return kind.func, *sorted(kind.keywords.items())
    return kind


def compiled(
    point: Point,
    action: str,
    bound: Collection[str],
    cells: Collection[str],
    live: Live,
    select: Select,
    kind: Callable[..., Resumer],
) -> Continuation:
    text, scope = point.text, point.scope
    plain = scope.code
    module = scope.spaced
    modes = [int(kind) for kind, _ in live if kind.isdigit()]
    variables = [name for name in plain.co_varnames if not names.hidden(name)]
    known = () if module else (*variables, *plain.co_cellvars)
    kept = tuple(name for name in bound if name in known and name not in cells)
    weaving = Weaving(text, select)
    resumer = kind(
        text.key,
        scope.numbers,
        module,
        weaving,
        scope.flavour,
        point=point,
        id=NUMBER,
        action=action,
        modes=modes,
    )
    slots = tuple(slot_numbers(point, resumer))
    value = str(RETURN) in [kind for kind, _ in live]
    body = [*resumer.rest(scope.node.body)]
    state = runtime("state", constant(NUMBER))
    over = runtime("hand_over", constant(NUMBER), body_cells())
    if module:
        first = nowhere(ast.Expr(state))
        rest = barrier(resumer, [first, *body], over)
        if isinstance(scope.node, ast.ClassDef):
            kept_ = [load(name) for name in cells if name != "__classdict__"]
            if kept_:  # even those that nothing in what is left means
                nothing = ast.arguments([], [], None, [], [], None, [])
                dead_ = ast.Lambda(nothing, ast.Tuple([*kept_], ast.Load()))
                rest = [nowhere(ast.If(constant(False), [ast.Expr(dead_)], [])), *rest]
            node_ = replaced(scope.node, body=[*declarations(scope.node), *rest])
            code = freed(alone(text, scope, node_, all_free(plain, cells), weaving))
        else:
            code = statements(text, ast.Module(rest, []), weaving)
        return Continuation(code, (), slots, value)
    assert not isinstance(scope.node, (ast.Module, ast.ClassDef))
    stored = [*kept, *(names.slot(n) for n in slots), *([names.VALUE] if value else [])]
    # One statement each: a wide unpacking would be one deep expression.
    given = ast.NamedExpr(store(names.VALUE), state)
    before: Block = [nowhere(ast.Expr(given))] if stored else [nowhere(ast.Expr(state))]
    for index, name in enumerate(stored):
        item = ast.Subscript(load(names.VALUE), constant(index), ast.Load())
        before.append(nowhere(assign(name, item)))
    if stored and stored[-1] != names.VALUE:
        before.append(nowhere(assign(names.VALUE, constant(None))))
    parameters, unbound = signature(scope, cells, kept)
    if unbound:
        before.append(nowhere(ast.Delete([ast.Name(n, ast.Del()) for n in unbound])))
    if scope.flavour & YIELDING:  # whatever is left of it, it stays one
        before.append(nowhere(ast.If(constant(False), [ast.Expr(ast.Yield())], [])))
    if "__class__" in cells:  # whatever is left of it, a later one may mean it
        before.append(nowhere(ast.If(constant(False), [ast.Expr(load("__class__"))], [])))
    others = global_names(plain).union(cells)
    local = [name for name in variables if name not in others]
    if local:  # even those that are bound nowhere in what is left
        dead: list[ast.expr] = [store(name) for name in local]
        before.append(nowhere(ast.If(constant(False), [ast.Assign(dead, constant(None))], [])))
    shared = [n for n in cells if n != "__class__"]
    outer: Block = [nowhere(ast.Nonlocal(shared))] if shared else []
    if common := declared(scope.node, ast.Global):
        outer.append(nowhere(ast.Global(sorted(common))))
    whole = [*outer, *barrier(resumer, [*before, *body], over)]
    node = replaced(scope.node, args=parameters, body=whole)
    code = alone(text, scope, node, all_free(plain, cells), weaving)
    if scope.flavour & CO_ASYNC_GENERATOR:
        code = code.replace(co_flags=code.co_flags & ~CO_ASYNC_GENERATOR | CO_COROUTINE)
    return Continuation(code, kept, slots, value)


def declarations(node: ast.ClassDef) -> Block:
    """What a class body declares, wherever it does: that may have been left out."""
    kinds = [(kind, sorted(declared(node, kind))) for kind in (ast.Global, ast.Nonlocal)]
    return [nowhere(kind(found)) for kind, found in kinds if found]


def suffix(node: Loop | Managed) -> str:
    """What the names of the runtime's methods for asynchronous statements end in."""
    return "_async" if isinstance(node, (ast.AsyncFor, ast.AsyncWith)) else ""


def all_free(plain: CodeType, cells: Collection[str]) -> list[str]:
    return list(dict.fromkeys((*cells, *plain.co_freevars)))


def slot_numbers(point: Point, weaver: Weaver) -> list[int]:
    """The slots of the live blocks around `point`, in the order of `Live`."""
    found: list[int] = []
    for node, where in point.live:
        if isinstance(node, Loop):
            found.append(weaver.number(node))
        elif isinstance(node, Managed):
            count = {ENTER: point.item, EXIT: point.item + 1}.get(where, len(node.items))
            found.extend(weaver.number(node, index) for index in range(count))
        elif isinstance(node, ast.Match):
            found.append(weaver.number(node))
        elif isinstance(node, ast.TryStar) and where in ("handlers", MATCH):
            found.append(weaver.number(node, STAR))
    return found


def signature(
    scope: Scope, cells: Collection[str], bound: Collection[str]
) -> tuple[ast.arguments, list[str]]:
    """The parameters of a continuation, and those of them to be unbound again at once.

    They keep names and order, so that frames look the same and `super()` finds its first argument;
    a parameter that closures share lives in its cell, and a stand-in takes its place.
    """
    assert not isinstance(scope.node, (ast.Module, ast.ClassDef))
    arguments = scope.node.args
    unbound: list[str] = []
    count = 0

    def parameter(each: ast.arg | None) -> ast.arg | None:
        nonlocal count
        if each is None:
            return None
        count += 1
        name = mangled(each.arg, scope.owner)
        if name in cells:
            return replaced(each, arg=f"__daifu_p{count}__")
        if name not in bound:
            unbound.append(each.arg)
        return each

    parameters = replaced(
        arguments,
        posonlyargs=[parameter(each) for each in arguments.posonlyargs],
        args=[parameter(each) for each in arguments.args],
        vararg=parameter(arguments.vararg),
        kwonlyargs=[parameter(each) for each in arguments.kwonlyargs],
        kwarg=parameter(arguments.kwarg),
    )
    return parameters, unbound


def mangled(name: str, owner: str | None) -> str:
    """A private name as the compiler spells it inside class `owner`."""
    if owner is None or not name.startswith("__") or name.endswith("__"):
        return name
    owner = owner.lstrip("_")
    return f"_{owner}{name}" if owner else name


__all__ = ["Continuation", "Live", "Resumer", "build"]
