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
from collections.abc import Callable, Collection
from functools import partial
from types import CodeType

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from daifu_dap.common.record import Record, replace
from daifu_dap.recovery.locate import (
    ENTER,
    EXIT,
    MATCH,
    Point,
    global_names,
)
from daifu_dap.recovery.resumer import Resumer
from daifu_dap.vaccine import names
from daifu_dap.vaccine.compile import Select, Weaving, alone, statements, undisturbed
from daifu_dap.vaccine.fence import barrier
from daifu_dap.vaccine.fence import cells as body_cells
from daifu_dap.vaccine.patch import freed
from daifu_dap.vaccine.positions import begun
from daifu_dap.vaccine.slots import (
    RETURN,
    STAR,
    Block,
    Loop,
    Managed,
)
from daifu_dap.vaccine.syntax import (
    assign,
    constant,
    load,
    nowhere,
    replaced,
    runtime,
    store,
)
from daifu_dap.vaccine.text import Scope, declared
from daifu_dap.vaccine.weave import Weaver

YIELDING = CO_GENERATOR | CO_ASYNC_GENERATOR

Live = list[tuple[str, object]]
"""What a frame's live blocks hold, outermost first: kind ("iterator", "manager", "handled", or the
way a `finally` was reached) and object."""


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
            code = begun(freed(alone(text, scope, node_, all_free(plain, cells), weaving)))
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
