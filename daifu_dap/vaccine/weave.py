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

from daifu_dap.common.flags import CO_ASYNC_GENERATOR
from daifu_dap.vaccine import names
from daifu_dap.vaccine.fence import ASKED, CATCH, UNLEFT, WANTED, emptying, kept, leaving, marking
from daifu_dap.vaccine.slots import (
    BREAK,
    CONTINUE,
    HOW,
    NORMAL,
    PENDING,
    RETURN,
    SIMPLE,
    STAR,
    Block,
    Loop,
    Managed,
    Span,
    Tried,
    children,
    guarded,
    loops,
    slotted,
    span,
    tried,
)
from daifu_dap.vaccine.syntax import (
    STORE,
    Definition,
    assign,
    at,
    beside,
    constant,
    load,
    nowhere,
    replaced,
    runtime,
    standing,
    synthetic,
)


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
        """The `for` statement over `iterable`, whose iterator the slot of `node` holds.

        Behind it stands what `cleared` gives.
        """
        number = self.number(node)
        orelse = [*self.clear(number), *self.block(node.orelse)] if node.orelse else []
        return replaced(
            node,
            iter=at(iterable, node.iter),
            body=self.inside("loop", number, node.body),
            orelse=orelse,
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
