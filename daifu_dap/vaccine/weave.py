"""Weaving: from the statements of a body to the same statements behind a crash barrier.

The problem. A body must run exactly as if nothing had been done to it, and yet, when one of its
statements raises, it must be possible to *leave* it there, with its loops' iterators and its
entered `with` managers alive and no `finally` run, and to enter it again later in a fresh frame.

The shape of a woven function:

    def f(a, b):
        try:
            <body>
        except:
            if catch(...): raise            # not a crash, or the person let it go; see `refusing`
        else:
            return None
        return drive()                      # the tail, on a hidden line: run what was resolved,
                                            # outside the handler

What every body has should be small: it is read and unmarshalled at each start. So `catch` and
`drive` are written as operators of the runtime, `runtime @ (key, cells)` and `~runtime`, which take
a sixth of the bytes of a method's call; and what the tail raises is led to the body's own barrier
(`patch`), which knows it by its line and takes our frames out of its traceback. Of ordinary
functions only the inside is woven: their barrier is put behind their end ready made (`guard`).

Invariants, each of which the naive way breaks:

* *Nothing is added per loop pass or per statement.* What a continuation needs, the iterator of each
  `for` and the manager of each `with`, is bound once per loop or block to a hidden local (a
  *slot*). The walrus `for x in (slot := e)` would bind the iterable, not the iterator, and calling
  `iter()` before the loop does would call `__iter__` twice; so the compiled code is patched: see
  `patch`.
* *Lifetimes stay.* A slot is emptied where the plain program would have dropped the object: when
  the loop is exhausted or left, at the start of a handler that an exception reached from inside the
  loop.
* *A crash must not run what an exception runs.* An exception on its way to the function's barrier
  would call `__exit__` and run `finally`. So `with` bodies and the protected part of `try ...
  finally` have an inner barrier (a *site*), which costs next to nothing until something raises; so
  have the handlers of `except*`, and the `try` part of every handler, where it sleeps unless the
  handler may raise or handled exceptions are asked for. From a site the body is left by a statement
  whose entry in the exception table leads straight to the function's barrier: the interpreter
  unwinds its value stack past the open blocks and runs nothing of them.
* *How a `finally` was reached is known*: a hidden local says whether its `try` part ended,
  returned, broke out or continued; otherwise an exception is pending.
* *No line event is added*, so that stepping, tracing and coverage see the person's lines only: what
  is synthetic has no line at all, except the hidden lines, which only a recovery reaches.

The trees of the text are never modified, so that a text can be woven again for a continuation.
What is not changed is not copied, and what is the same in every body is made once and shared, since
a file must be woven in the time that compiling it takes: expressions are never looked into. So the
names of a body are not known here; the cells that the barrier needs are put in after compiling
(`patch`), and its locals are let go of by the runtime.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_GENERATOR
from daifu_dap.vaccine import names
from daifu_dap.vaccine.names import TAIL_LINE
from daifu_dap.vaccine.syntax import (
    LOAD,
    STORE,
    Definition,
    assign,
    at,
    beside,
    constant,
    load,
    nowhere,
    on,
    replaced,
    runtime,
    standing,
    store,
    synthetic,
)

Block = list[ast.stmt]
Span = tuple[int, int, int, int]
"""First line and column, last line and column (bytes), of a part of the text."""

Tried = ast.Try | ast.TryStar
Loop = ast.For | ast.AsyncFor
Managed = ast.With | ast.AsyncWith

NORMAL, RETURN, BREAK, CONTINUE, PENDING = 4, 1, 2, 3, 0
"""How the `try` part of a `finally` statement was left; PENDING: by an exception."""


HOW = -1
"""Which of the numbers of a `with` names the local that says how its body was left; only one that
may be left by return, break or continue has it."""

STAR = 1
"""Which of the slots of an `except*` statement holds its `recovery.star.Star`."""


class Enclosing:
    """A loop (with its slot, None for `while`), `finally` statement or `with` around a place."""

    def __init__(self, kind: str, number: int | None) -> None:
        self.kind = kind
        self.number = number


class Weaver:
    """Weaves the body of one scope.

    Attributes:
        key: names the running text; handed to the barrier.
        numbers: slot numbers by node identity, one for each `for`, `with` item and `finally`.
        module: whether the scope is a module's or a class's, which has no hidden locals.
        flavour: the flags of its code that make it a generator, a coroutine or both.
        nested: weaves a function or class defined in this scope.
    """

    def __init__(
        self,
        key: str,
        numbers: dict[tuple[int, int], int],
        module: bool,
        nested: Callable[[Definition], ast.stmt],
        flavour: int = 0,
    ) -> None:
        self.key = key
        self.numbers = numbers
        self.module = module
        self.nested = nested
        self.flavour = flavour
        self.enclosing: list[Enclosing] = []
        self.stars: list[int] = []

    # ---- blocks and statements

    def block(self, statements: Sequence[ast.stmt]) -> Block:
        """The woven form of a sequence of statements."""
        woven: Block = []
        for statement in statements:
            kind = type(statement)
            if kind in SIMPLE or (kind is ast.Return and not self.enclosing):
                woven.append(statement)
                continue
            method = getattr(self, kind.__name__, None)
            if method is None:
                woven.append(statement)
            else:
                woven += method(statement)
        return woven

    def FunctionDef(self, node: ast.FunctionDef) -> Block:
        return [self.nested(node)]

    def AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Block:
        return [self.nested(node)]

    def ClassDef(self, node: ast.ClassDef) -> Block:
        return [self.nested(node)]

    def If(self, node: ast.If) -> Block:
        body, orelse = self.block(node.body), node.orelse
        if orelse:
            orelse = self.block(orelse)
        if body == node.body and orelse == node.orelse:
            return [node]
        return [replaced(node, body=body, orelse=orelse)]

    def Match(self, node: ast.Match) -> Block:
        if not guarded(node):
            return [replaced(node, cases=self.cases(node.cases))]
        number = self.number(node)
        subject = self.bound(number, node.subject)
        cases = self.cases(node.cases, *self.clear(number))
        return [replaced(node, subject=subject, cases=cases), *self.clear(number)]

    def cases(self, cases: Sequence[ast.match_case], *first: ast.stmt) -> list[ast.match_case]:
        return [replaced(case, body=[*first, *self.block(case.body)]) for case in cases]

    def While(self, node: ast.While) -> Block:
        with_loop = self.inside("loop", None, node.body)
        woven = replaced(node, body=with_loop, orelse=self.block(node.orelse))
        return [woven, *self.cleared(node)]

    def For(self, node: Loop) -> Block:
        number = self.number(node)
        iterable = unfolded(node.iter) if isinstance(node, ast.For) else node.iter
        return [self.loop(node, self.bound(number, iterable, node)), *self.cleared(node)]

    AsyncFor = For

    def loop(self, node: Loop, iterable: ast.expr) -> Loop:
        """The `for` statement over `iterable`, whose iterator the slot of `node` holds."""
        number = self.number(node)
        return replaced(
            node,
            iter=at(iterable, node.iter),
            body=self.inside("loop", number, node.body),
            orelse=[*self.clear(number), *self.block(node.orelse)],
        )

    def inside(self, kind: str, number: int | None, statements: Sequence[ast.stmt]) -> Block:
        """`statements` woven as the body of a loop or the `try` part of a `finally` statement."""
        self.enclosing.append(Enclosing(kind, number))
        try:
            return self.block(statements)
        finally:
            self.enclosing.pop()

    def With(self, node: Managed) -> Block:
        return self.managers(node, 0, self.managing(node, self.block))

    AsyncWith = With

    def managing(self, node: Managed, weave: Callable[[list[ast.stmt]], Block]) -> Block:
        """The body of a `with`, of which is noted how it is left."""
        how = self.numbers.get((id(node), HOW))
        if how is None:
            return weave(node.body)
        self.enclosing.append(Enclosing("with", how))
        try:
            return [*weave(node.body), *self.mark(how, NORMAL)]
        finally:
            self.enclosing.pop()

    def managers(self, node: Managed, start: int, body: Block) -> Block:
        """`with` items from `start` on, one statement each, around the woven `body`."""
        for index in range(len(node.items) - 1, start - 1, -1):
            item = node.items[index]
            number = self.number(node, index)
            entered = replaced(item, context_expr=self.bound(number, item.context_expr))
            further = index < len(node.items) - 1
            body = self.managed(node, number, entered, body, further)
        return body

    def managed(
        self, node: Managed, number: int, item: ast.withitem, body: Block, further: bool = False
    ) -> Block:
        """One `with` statement whose manager slot `number` holds.

        If `body` holds only the `with` of its further items, what is between the exits of the two
        stands on the statement's line: the exits are one line event.
        """
        index = number - self.number(node)
        rest = [each.context_expr for each in node.items[index + 1 :]]
        protected = self.site(body, span(*rest, *node.body))
        if further:
            body[1:] = [standing(each, node.lineno) for each in body[1:]]
        woven = replaced(node, items=[item], body=protected)
        inner = [self.number(each) for each in loops(node.body)]
        return [woven, *self.clear(number, *inner)]

    def Try(self, node: Tried) -> Block:
        body = node.body
        number = self.number(node) if node.finalbody else None
        if number is not None:
            self.enclosing.append(Enclosing("finally", number))
        parts = self.parts(node, self.block(body))
        if number is not None:
            self.enclosing.pop()
        return self.final(node, parts)

    TryStar = Try

    def parts(self, node: Tried, body: Block) -> Block:
        """`try` with its handlers and `else`, without its `finally`, around the woven `body`."""
        if not node.handlers:
            return body
        star = self.number(node, STAR) if isinstance(node, ast.TryStar) else None
        if star is not None:
            self.stars.append(star)
            body = self.site(body, span(*node.body), self.hold(star, runtime("star")))
        else:
            always = any(may_raise(handler) for handler in node.handlers)
            body = self.site(body, span(*node.body), always=always)
        woven = replaced(
            node,
            body=body,
            handlers=[self.handler(node, handler, star) for handler in node.handlers],
            orelse=self.block(node.orelse),
            finalbody=[],
        )
        return [woven, *([] if star is None else self.clear(star))]

    def handler(
        self, node: Tried, handler: ast.ExceptHandler, star: int | None
    ) -> ast.ExceptHandler:
        body = self.block(handler.body)
        if star is not None:
            taken = nowhere(ast.Expr(runtime("matched", self.kept(star))))
            body = [taken, *self.site(body, span(*handler.body), star=star)]
        return replaced(handler, body=[*self.entry(node), *body])

    def entry(self, node: Tried) -> Block:
        """What comes first in a handler of `node`: the plain program has dropped these by now."""
        return [*self.clear(*(self.number(n, i) for n, i in slotted(node.body)))]

    def final(self, node: Tried, parts: Block) -> Block:
        """The `finally` of `node`, if it has one, around its other `parts`."""
        if not node.finalbody:
            return parts
        number = self.number(node)
        begun = self.mark(number, PENDING)
        ended = self.mark(number, NORMAL)
        last = [*self.clear(*(self.number(n, i) for n, i in slotted(node.body)))]
        last += self.block(node.finalbody)
        guarded = self.site(parts, tried(node), [*self.mark(number, PENDING)])
        if self.module:  # a call; one that stood nowhere would be lent a handler's line, on 3.13
            ended = [standing(each, node.lineno) for each in ended]
        woven = ast.Try([*begun, *guarded, *ended], [], [], last)
        return [at(woven, node)]

    # ---- leaving loops and functions

    def Return(self, node: ast.Return) -> Block:
        crossed = [each.number for each in self.enclosing if each.kind != "loop"]
        if not crossed:
            return [node]
        marks = [mark for number in crossed for mark in self.mark(number, RETURN)]
        if self.flavour & CO_ASYNC_GENERATOR:  # which returns no value
            return [*marks, node]
        value = at(assign(names.VALUE, node.value or constant(None)), node)
        return [value, *marks, at(ast.Return(load(names.VALUE)), node)]

    def Break(self, node: ast.Break) -> Block:
        return [*self.crossing(BREAK), node]

    def Continue(self, node: ast.Continue) -> Block:
        return [*self.crossing(CONTINUE), node]

    def crossing(self, how: int) -> Block:
        """The marks for each `finally` and `with` between here and the nearest loop."""
        marks: Block = []
        for each in reversed(self.enclosing):
            if each.kind == "loop":
                return marks
            marks += self.mark(each.number, how)
        raise SyntaxError("there is no loop to leave")  # the woven module would have one

    # ---- barriers

    def site(
        self,
        statements: Block,
        around: Span,
        raised: Sequence[ast.stmt] = (),
        always: bool = True,
        star: int | None = None,
        swallow: bool = False,
    ) -> Block:
        """An inner barrier around `statements`.

        Args:
            around: what of the text they are, or stand for.
            raised: run when they raise.
            always: else only while exceptions that are handled are asked for.
            star: the slot of the `except*` statement whose handler they are; it collects what is no
                crash.
            swallow: whether that ends here then.
        """
        if not statements:
            return statements
        if star is not None:
            handler, leave = leaving(self.key, self.module, around, star, swallow)
            protected = synthetic(
                ast.Try, body=statements, handlers=[handler], orelse=[], finalbody=[]
            )
            return [protected, leave] if self.module else [UNLEFT, protected, leave]
        which = synthetic(ast.Constant, value=(self.key, around), kind=None)
        asked = synthetic(ast.BinOp, left=ASKED, op=CATCH, right=which)
        body = [*raised, synthetic(ast.Expr, value=asked)]
        kinds = None if always else WANTED
        handler = synthetic(ast.ExceptHandler, type=kinds, name=None, body=body)
        return [synthetic(ast.Try, body=statements, handlers=[handler], orelse=[], finalbody=[])]

    # ---- slots

    def number(self, node: ast.stmt, item: int = 0) -> int:
        return self.numbers[id(node), item]

    def bound(self, number: int, value: ast.expr, loop: Loop | None = None) -> ast.expr:
        """`value`, with what it gives (for a loop: its iterator) bound to the slot."""
        if not self.module:
            # Before 3.13 the compiler puts GET_ITER (GET_AITER) at the place of the whole loop.
            place = loop if loop is not None and sys.version_info < (3, 13) else value
            target = beside(ast.Name, place, id=names.slot(number), ctx=STORE)
            return beside(ast.NamedExpr, place, target=target, value=value)
        if loop is not None:
            return at(runtime("hold_iterator", constant(number), runtime("iter", value)), value)
        return at(runtime("hold", constant(number), value), value)

    def hold(self, number: int, value: ast.expr) -> Block:
        """Bind a slot."""
        if self.module:
            return [nowhere(ast.Expr(runtime("hold", constant(number), value)))]
        return [nowhere(assign(names.slot(number), value))]

    def kept(self, number: int) -> ast.expr:
        """What a slot holds."""
        return kept(number, self.module)

    def clear(self, *numbers: int) -> Block:
        if not numbers:
            return []
        return [emptying(numbers, self.module)]

    def cleared(self, node: Loop | ast.While) -> Block:
        """What comes behind a loop, however it was left: its slots and its body's are emptied."""
        held = [(n, i) for n, i in slotted(node.body) if isinstance(n, Managed)]
        own = [self.number(node)] if isinstance(node, Loop) else []
        return self.clear(*own, *(self.number(n, i) for n, i in held))

    def mark(self, number: int | None, how: int) -> Block:
        assert number is not None
        return [marking(number, how, self.module)]


SIMPLE: frozenset[type[ast.stmt]] = frozenset(
    [ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete, ast.Raise, ast.Assert]
).union([ast.Pass, ast.Import])
"""Statements that are never changed."""


class Outside(Weaver):
    """For statements of a body that is not vaccinated: only functions defined in it are woven."""

    def __init__(self, nested: Callable[[Definition], ast.stmt]) -> None:
        super().__init__("", {}, False, nested)

    def For(self, node: Loop) -> Block:
        return [replaced(node, body=self.block(node.body), orelse=self.block(node.orelse))]

    AsyncFor = For

    def While(self, node: ast.While) -> Block:
        return [replaced(node, body=self.block(node.body), orelse=self.block(node.orelse))]

    def With(self, node: Managed) -> Block:
        return [replaced(node, body=self.block(node.body))]

    AsyncWith = With

    def Try(self, node: Tried) -> Block:
        handlers = [replaced(each, body=self.block(each.body)) for each in node.handlers]
        fields = {part: self.block(getattr(node, part)) for part in ("body", "orelse", "finalbody")}
        return [replaced(node, handlers=handlers, **fields)]

    TryStar = Try

    def Match(self, node: ast.Match) -> Block:
        return [replaced(node, cases=self.cases(node.cases))]

    def Return(self, node: ast.Return) -> Block:
        return [node]

    def Break(self, node: ast.Break) -> Block:
        return [node]

    def Continue(self, node: ast.Continue) -> Block:
        return [node]


def unfolded(iterable: ast.expr) -> ast.expr:
    """What the compiler makes of a display that is only iterated over: a constant or a tuple."""
    if isinstance(iterable, ast.List) and not any(
        isinstance(e, ast.Starred) for e in iterable.elts
    ):
        return at(ast.Tuple(iterable.elts, ast.Load()), iterable)
    if isinstance(iterable, ast.Set) and all(isinstance(e, ast.Constant) for e in iterable.elts):
        values = frozenset(e.value for e in iterable.elts if isinstance(e, ast.Constant))
        return at(constant(values), iterable)
    return iterable


def guarded(node: ast.stmt) -> bool:
    """Whether it is a `match` with a guard, for which its subject is kept in a slot."""
    return isinstance(node, ast.Match) and any(case.guard is not None for case in node.cases)


def may_raise(handler: ast.ExceptHandler) -> bool:
    """Whether a handler raises, in some case: then it may only look at the exception, and let it
    go on.
    """
    todo: list[ast.stmt] = list(handler.body)
    for each in todo:
        if isinstance(each, ast.Raise) or (
            isinstance(each, ast.Expr) and isinstance(each.value, ast.Call) and ends(each.value)
        ):
            return True
        todo += children(each)
    return False


def ends(call: ast.Call) -> bool:
    """Whether a call may be one that ends the program, by its name."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in ("exit", "_exit", "abort", "quit")


def tried(node: Tried) -> Span:
    """What of a statement its `finally` protects."""
    return span(node, *node.body, *node.handlers, *node.orelse)


def span(*nodes: Any) -> Span:
    """From the start of the first to the end of the last."""
    first, last = nodes[0], nodes[-1]
    decorators = getattr(first, "decorator_list", ())
    line, column = min((each.lineno, each.col_offset) for each in (first, *decorators))
    return line, column, last.end_lineno, last.end_col_offset


BARE = SIMPLE.union(
    (ast.Return, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.ImportFrom),
    (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
"""Statements without blocks of the same scope."""

BRANCHED = frozenset((ast.If, ast.For, ast.AsyncFor, ast.While))
"""Statements with a body and perhaps an `else`."""


def children(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside one statement of the same scope, in source order."""
    kind = type(statement)
    if kind in BARE:
        return []
    if kind in BRANCHED:
        return statement.body + statement.orelse  # type: ignore[attr-defined, no-any-return]
    if isinstance(statement, Managed):
        return statement.body
    if isinstance(statement, Tried):
        inner = list(statement.body)
        for handler in statement.handlers:
            inner += handler.body
        return inner + statement.orelse + statement.finalbody
    return [each for case in getattr(statement, "cases", ()) for each in case.body]


def slotted(statements: Sequence[ast.stmt]) -> list[tuple[ast.stmt, int]]:
    """What in `statements` has slots, in source order: loops, `with` items, `except*`, guards."""
    found: list[tuple[ast.stmt, int]] = []
    for statement in statements:
        if type(statement) in BARE:
            continue
        if isinstance(statement, Loop) or guarded(statement):
            found.append((statement, 0))
        elif isinstance(statement, Managed):
            found.extend((statement, index) for index in range(len(statement.items)))
        elif isinstance(statement, ast.TryStar):
            found.append((statement, STAR))
        found.extend(slotted(children(statement)))
    return found


def leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether statements of `body` may leave it by return, break or continue."""
    todo = [(each, False) for each in body]
    while todo:
        node, looping = todo.pop()
        kind = type(node)
        if kind is ast.Return or (not looping and kind in (ast.Break, ast.Continue)):
            return True
        if isinstance(node, (Loop, ast.While)):
            todo += [(each, True) for each in node.body]
            todo += [(each, looping) for each in node.orelse]
        elif kind not in BARE:
            todo += [(each, looping) for each in children(node)]
    return False


def loops(statements: Sequence[ast.stmt]) -> list[Loop]:
    return [node for node, _ in slotted(statements) if isinstance(node, Loop)]


Numbers = dict[tuple[int, int], int]


def numbering(statements: Sequence[ast.stmt]) -> Numbers:
    """Slot numbers of a scope: `for`, `with` items, `finally` and `except*`, in source order."""
    return survey(statements)[0]


MAX_NESTING = 14
"""CPython compiles 20 blocks inside each other; a continuation needs a few of its own."""


def nesting(statements: Sequence[ast.stmt]) -> int:
    """How many blocks inside each other the woven form of `statements` has."""
    return survey(statements)[1]


def survey(statements: Sequence[ast.stmt]) -> tuple[Numbers, int]:
    """What `numbering` and `nesting` say."""
    numbers: Numbers = {}
    deepest = 0
    todo = [(each, 0) for each in reversed(statements) if type(each) not in BARE]
    while todo:
        statement, depth = todo.pop()
        if type(statement) is not ast.If:
            if isinstance(statement, Managed):
                depth += 2 * len(statement.items)
                for index in range(len(statement.items)):
                    numbers[id(statement), index] = len(numbers)
                if leaves(statement.body):
                    numbers[id(statement), HOW] = len(numbers)
            elif isinstance(statement, Tried):
                depth += 2 * (bool(statement.finalbody) + bool(statement.handlers))
                if statement.finalbody:
                    numbers[id(statement), 0] = len(numbers)
                if isinstance(statement, ast.TryStar):
                    depth += 2
                    numbers[id(statement), STAR] = len(numbers)
            elif type(statement) in BRANCHED:
                depth += 1
                if isinstance(statement, Loop):
                    numbers[id(statement), 0] = len(numbers)
            elif guarded(statement):
                numbers[id(statement), 0] = len(numbers)
            if depth > deepest:
                deepest = depth
        for each in reversed(children(statement)):
            if type(each) not in BARE:
                todo.append((each, depth))
    return numbers, deepest


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
