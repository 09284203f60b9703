"""The woven text that is not the person's: barriers, their handlers, tails and slots' upkeep.

What it is for is told in `weave`. What is the same in every body is made once and shared.
"""

from __future__ import annotations

import ast
from functools import lru_cache

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_GENERATOR
from daifu_dap.common.typed import TYPE_CHECKING
from daifu_dap.vaccine import names
from daifu_dap.vaccine.names import TAIL_LINE
from daifu_dap.vaccine.slots import Block, Span
from daifu_dap.vaccine.syntax import (
    LOAD,
    assign,
    at,
    constant,
    load,
    nowhere,
    on,
    runtime,
    store,
    synthetic,
)

if TYPE_CHECKING:
    from daifu_dap.vaccine.weave import Weaver


@lru_cache(1024)
def emptying(numbers: tuple[int, ...], module: bool) -> ast.stmt:
    """Let go of what some slots hold."""
    if module:
        return nowhere(ast.Expr(runtime("drop", *(constant(n) for n in numbers))))
    targets: list[ast.expr] = [store(names.slot(n)) for n in numbers]
    return nowhere(ast.Assign(targets, constant(None)))


@lru_cache(1024)
def marking(number: int, how: int, module: bool) -> ast.stmt:
    """Note how the `try` part of a `finally` statement is left."""
    if module:
        return nowhere(ast.Expr(runtime("mark", constant(number), constant(how))))
    return nowhere(assign(names.mode(number), constant(how)))


def kept(number: int, module: bool) -> ast.expr:
    """What a slot holds."""
    return runtime("held", constant(number)) if module else load(names.slot(number))


def cells() -> ast.expr:
    """A body's cell and free variables; see `patch`."""
    return ast.Attribute(load(names.RUNTIME), names.CELLS, LOAD)


def refusing(
    key: str,
    method: str,
    around: Span | None = None,
    stars: tuple[int, ...] = (),
    last: str = "",
    module: bool = False,
) -> ast.stmt:
    """Ask the runtime about the exception that is handled, and raise it again if it says so.

    At the recursion limit there is no room for the question. What that raises must not take the
    place of the exception:

        while True:
            try:
                if not catch(...): break
            except RecursionError: pass
            else: raise again, from where it was raised  # see `patch`
            raise

    Args:
        around: what of the text the barrier stands for, if not the whole body.
        stars: the slots of `except*` statements; before it is raised again they are emptied, since
            they hold it.
        last: for the handler of the only one of them: "collect" has it collected first, "swallow"
            collected and not raised again.
        module: whether the scope is a module's or a class's.
    """
    more = [] if around is None else [synthetic(ast.Constant, value=around, kind=None)]
    named = synthetic(ast.Constant, value=key, kind=None)
    call: ast.expr
    if method == "catch":
        given = synthetic(ast.Tuple, elts=[named, CELLS], ctx=LOAD)
        found = synthetic(ast.BinOp, left=ASKED, op=CATCH, right=given)
        call = synthetic(ast.Compare, left=found, ops=[ast.Is()], comparators=[NOTHING])
    else:
        call = synthetic(ast.Call, func=asking(method), args=[named, CELLS, *more], keywords=[])
    then = [NOTE_LEFT, BREAK_OFF] if method == "leave" and not module else [BREAK_OFF]
    asked = synthetic(ast.If, test=call, body=then, orelse=[])
    before: Block = []
    if last:
        before.append(nowhere(ast.Expr(runtime("collect", kept(stars[0], module)))))
    elif stars:
        targets: list[ast.expr] = [store(names.slot(each)) for each in stars]
        before.append(nowhere(ast.Assign(targets, constant(None))))
    swallowed = last == "swallow"
    once = synthetic(
        ast.Try,
        body=[asked],
        handlers=[FULL],
        orelse=[] if swallowed else [*before, AGAIN_THERE],
        finalbody=[],
    )
    rest: Block = [*before, BREAK_OFF if swallowed else AGAIN]
    return synthetic(ast.While, test=ALWAYS, body=[once, *rest], orelse=[])


def leaving(
    key: str, module: bool, around: Span, star: int, swallow: bool
) -> tuple[ast.ExceptHandler, ast.stmt]:
    """The handler of a barrier in an `except*`, and what comes behind it; see `Weaver.site`."""
    last = "swallow" if swallow else "collect"
    body = [refusing(key, "leave", around, (star,), last, module)]
    handler = synthetic(ast.ExceptHandler, type=None, name=None, body=body)
    return handler, CALLED_OFF if module else LEFT_OFF


def tail(call: ast.expr, bare: bool) -> ast.stmt:
    """What stands after a woven body: `call` the runtime; if `bare`, the body returns no value."""
    go = ast.Expr(call) if bare else ast.Return(call)
    prune = ast.ExceptHandler(None, None, [ast.Expr(runtime("prune")), ast.Raise()])
    return on(ast.Try([go], [prune], [], []), TAIL_LINE)


@lru_cache
def ordinary(bare: bool, flavour: int) -> ast.stmt:
    """The tail of a body that is no continuation."""
    if flavour & CO_GENERATOR:
        return tail(ast.YieldFrom(runtime("drive_generator", cells())), bare)
    if flavour:
        return tail(ast.Await(runtime("drive_coroutine", cells())), bare)
    drive = ast.UnaryOp(DRIVE, load(names.RUNTIME))
    return on(ast.Expr(drive) if bare else ast.Return(drive), TAIL_LINE)


def barrier(weaver: Weaver, body: Block, call: ast.Call | None = None) -> Block:
    """The woven `body` of a whole scope, its barrier and its tail, which ends in `call`."""
    module = weaver.module
    bare = module or bool(weaver.flavour & CO_ASYNC_GENERATOR)
    after = ordinary(bare, weaver.flavour) if call is None else tail(call, bare)
    stars = () if module else tuple(weaver.stars)
    handler = catching(weaver.key, stars)
    if module:
        done: Block = [ast.Expr(runtime("done"))] if weaver.numbers else []
        done = [nowhere(each) for each in (*done, ast.Break())]
        protected = ast.Try(body, [handler], done, [])
        first = [*getattr(body[0], "decorator_list", ()), body[0]][0]
        ended = on(ast.Break(), TAIL_LINE)
        return [at(ast.While(constant(True), [protected, after, ended], []), first)]
    protected = synthetic(ast.Try, body=body, handlers=[handler], orelse=[ENDED], finalbody=[])
    return [protected, after]


@lru_cache(64)
def catching(key: str, stars: tuple[int, ...]) -> ast.ExceptHandler:
    """The handler of the barrier of a whole body."""
    return nowhere(ast.ExceptHandler(None, None, [refusing(key, "catch", None, stars)]))


@lru_cache
def asking(method: str) -> ast.expr:
    """A method of the runtime."""
    return nowhere(ast.Attribute(load(names.RUNTIME), method, LOAD))


UNLEFT = nowhere(assign(names.LEFT, constant(None)))
ENDED = nowhere(ast.Return(None))
ASKED, CATCH, DRIVE = nowhere(load(names.RUNTIME)), ast.MatMult(), ast.Invert()
CELLS, WANTED = asking(names.CELLS), asking("wanted")
FULL = nowhere(ast.ExceptHandler(ASKED, None, [ast.Pass()]))
NOTE_LEFT = nowhere(assign(names.LEFT, constant(True)))
BREAK_OFF, AGAIN = nowhere(ast.Break()), nowhere(ast.Raise())
ALWAYS, NOTHING = nowhere(constant(True)), nowhere(constant(None))
AGAIN_THERE = nowhere(ast.Raise(*map(asking, names.AGAIN)))

LEFT_OFF, CALLED_OFF = (
    nowhere(ast.If(left, [ast.Raise(asking(names.LEAVE))], []))
    for left in (ast.Compare(load(names.LEFT), [ast.IsNot()], [constant(None)]), runtime("left"))
)
"""What is the same in every barrier."""
