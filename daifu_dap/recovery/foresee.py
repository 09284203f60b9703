"""What a handler or an exit will do with an exception, foreseen without running it.

The problem. `except RuntimeError as e: if "out of memory" in str(e): ...; else: raise` takes some
exceptions and lets others go on, and by the time it has run the frames below it are gone. So its
statements are walked through: a `raise` of the same exception lets it go on, another `raise` turns
it into another one, reaching the end or leaving takes it. Tests are evaluated as far as that cannot
change anything: names, attributes that are plainly stored, constants, comparisons, `isinstance`,
the exception's own text. What cannot be foreseen is said to be so, and who asks decides.
"""

from __future__ import annotations

import ast
import builtins
import operator
import os
import sys
from collections.abc import Callable, Sequence
from types import CellType, CodeType, FrameType, FunctionType, ModuleType

from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_GENERATOR, CO_VARARGS
from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any
from daifu_dap.recovery import around
from daifu_dap.recovery.static import BUILT, has, is_a, stored, written

Lookup = Callable[[str], Any]

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda one, two: one in two, ast.NotIn: lambda one, two: one not in two,
}  # fmt: skip
PLAIN = (str, bytes, int, float, bool, type(None), tuple, frozenset)
FUNCTIONS = (str, repr, isinstance, issubclass, type, len, bool, int, callable)
TEXTUAL = ("lower", "upper", "strip", "casefold", "startswith", "endswith", "find", "count")
ENDS = (sys.exit, os._exit, os.abort)

EFFECTS = "daifu_effects"
"""The attribute of a node for what `effects` has found."""

MAX_FORKS, MAX_DEPTH = 32, 3

FALLS, RETURNS, RAISES, UNKNOWN = "falls", "returns", "raises", "unknown"


class Unknown:
    """What an expression is worth that cannot be said."""

    def __repr__(self) -> str:
        return "unknown"


unknown = Unknown()


class Raised(Record, frozen=True):
    """An exception on its way out.

    Attributes:
        kind: its type; None if that is not known.
        exception: itself, if it has been made.
    """

    kind: type[BaseException] | None
    exception: BaseException | None = None

    def is_a(self, kind: object) -> bool:
        """Whether an `except` of `kind` takes it, as the interpreter asks."""
        return self.kind is None or any(each is kind for each in self.kind.__mro__)


class Outcome(Record, frozen=True):
    """How statements end: `how`, with the value they return or the exception they raise."""

    how: str
    value: object = None

    def same(self, other: Outcome) -> bool:
        one, two = self.value, other.value
        alike = one is two
        if is_a(one, Raised) and is_a(two, Raised):
            alike = one.kind is two.kind and one.exception is two.exception
        return self.how == other.how and alike and one is not unknown


class Foresight:
    """Walks through statements.

    Args:
        raised: the exception that is being handled.
        name: what the handler calls it.
        lookup: gives what a name stands for, or `unknown`.
        depth: how many calls are being followed.
    """

    def __init__(self, raised: Raised, name: str | None, lookup: Lookup, depth: int = 0) -> None:
        self.depth = depth
        self.raised = raised
        self.name = name
        self.lookup = lookup
        self.forks = 0
        self.values: dict[str, Any] = {}
        if name is not None:
            self.values[name] = unknown if raised.exception is None else raised.exception

    # ---- statements

    def block(self, statements: Sequence[ast.stmt]) -> Outcome:
        for index, each in enumerate(statements):
            if isinstance(each, ast.If):
                return self.branch(each, statements[index + 1 :])
            outcome = self.statement(each)
            if outcome.how != FALLS:
                return outcome
        return Outcome(FALLS)

    def statement(self, node: ast.stmt) -> Outcome:
        if isinstance(node, ast.Raise):
            return Outcome(RAISES, self.anew(node))
        if isinstance(node, ast.Return):
            return Outcome(RETURNS, self.value(node.value) if node.value is not None else None)
        if isinstance(node, (ast.Break, ast.Continue)):
            return Outcome(RETURNS)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return self.block(node.body)
        if isinstance(node, (ast.Try, ast.TryStar)):
            return self.tried(node)
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.Match)):
            self.forget(node)
            leaves, _ = effects(node)
            return Outcome(UNKNOWN if leaves else FALLS)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = self.value(node.value.func)
            if any(function is each for each in (*ENDS, *site_exits())):
                return Outcome(RAISES, Raised(SystemExit))
            return Outcome(FALLS)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = self.value(node.value)
            self.forget(node)
            self.values[node.targets[0].id] = value
            return Outcome(FALLS)
        self.forget(node)
        return Outcome(FALLS)

    def branch(self, node: ast.If, rest: Sequence[ast.stmt]) -> Outcome:
        """How `node` and the `rest` of its block end; both ways, if the test cannot be told."""
        test = self.truth(node.test)
        if test is not None:
            return self.block([*(node.body if test else node.orelse), *rest])
        self.forks += 1
        if self.forks > MAX_FORKS:
            return Outcome(UNKNOWN)
        before = dict(self.values)
        one = self.block([*node.body, *rest])
        self.values = before
        two = self.block([*node.orelse, *rest])
        return one if one.same(two) else Outcome(UNKNOWN)

    def tried(self, node: ast.Try | ast.TryStar) -> Outcome:
        outcome = self.block(node.body)
        if node.handlers and outcome.how != FALLS:
            outcome = Outcome(UNKNOWN)
        elif outcome.how == FALLS:
            outcome = self.block(node.orelse)
        last = self.block(node.finalbody)
        return outcome if last.how == FALLS else last

    def forget(self, node: ast.stmt) -> None:
        """What `node` may assign is not known any more."""
        _, assigned = effects(node)
        self.values.update(dict.fromkeys(assigned, unknown))

    def anew(self, node: ast.Raise) -> Raised:
        """What a `raise` raises."""
        given = node.exc
        if given is None:
            return self.raised
        if isinstance(given, ast.Call) and getattr(given.func, "attr", "") == "with_traceback":
            assert isinstance(given.func, ast.Attribute)
            given = given.func.value
        if isinstance(given, ast.Name) and given.id == self.name:
            return self.raised
        found = self.value(given.func if isinstance(given, ast.Call) else given)
        if is_a(found, BaseException) and not isinstance(given, ast.Call):
            return self.raised if found is self.raised.exception else Raised(type(found), found)
        if is_a(found, type) and issubclass(found, BaseException):
            return Raised(found)
        return Raised(None)

    # ---- expressions

    def truth(self, node: ast.expr) -> bool | None:
        """Whether a test holds; None if that cannot be said."""
        value = self.value(node)
        try:
            return None if value is unknown else truth(value)
        except TypeError:
            return None

    def value(self, node: ast.expr) -> Any:
        """What an expression is worth, if finding out cannot change anything; else `unknown`."""
        try:
            return self.evaluate(node)
        except Exception:
            return unknown

    def evaluate(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.values[node.id] if node.id in self.values else self.lookup(node.id)
        if isinstance(node, ast.Attribute):
            return self.read(self.evaluate(node.value), node.attr)
        if isinstance(node, ast.BoolOp):
            return self.either(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            test = self.truth(node.operand)
            return unknown if test is None else not test
        if isinstance(node, ast.Tuple):
            values = tuple(self.evaluate(each) for each in node.elts)
            return unknown if any(each is unknown for each in values) else values
        if isinstance(node, ast.Compare):
            return self.compared(node)
        if isinstance(node, ast.Subscript):
            owner, index = self.evaluate(node.value), self.evaluate(node.slice)
            known = type(owner) in (tuple, list, dict, str) and type(index) in PLAIN
            return owner[index] if known else unknown
        if isinstance(node, ast.Call) and not node.keywords:
            return self.called(node)
        return unknown

    def read(self, owner: Any, name: str) -> Any:
        """An attribute; what a property is worth is told from its text, as of any function."""
        found = None if owner is unknown else stored(owner, name)
        if type(found) is property and is_a(found.fget, FunctionType):
            return self.given(found.fget, [owner])
        return attribute(owner, name)

    def either(self, node: ast.BoolOp) -> Any:
        stops = isinstance(node.op, ast.Or)
        value: Any = unknown
        seen = False
        for each in node.values:
            value, test = self.value(each), self.truth(each)
            if test is None:
                seen = True
            elif test == stops:
                return stops if seen else value
        return unknown if seen else value

    def compared(self, node: ast.Compare) -> Any:
        left = self.evaluate(node.left)
        result: Any = True
        for op, each in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(each)
            if left is unknown or right is unknown:
                return unknown
            same = isinstance(op, (ast.Is, ast.IsNot))
            if not same and not (comparable(left) and comparable(right)):
                return unknown
            result = COMPARISONS[type(op)](left, right)
            if not result:
                return result
            left = right
        return result

    def called(self, node: ast.Call) -> Any:
        arguments: list[Any] = []
        for each in node.args:
            if not isinstance(each, ast.Starred):
                arguments.append(self.value(each))
            elif type(several := self.value(each.value)) is tuple:
                arguments += several
            else:
                return unknown
        if isinstance(node.func, ast.Attribute):
            owner = self.evaluate(node.func.value)
            method = stored(type(owner), node.func.attr, None)
            if owner is not unknown and is_a(method, FunctionType):
                return self.given(method, [owner, *arguments])
        followed = self.evaluate(node.func)
        if is_a(followed, FunctionType):
            return self.given(followed, arguments)
        if any(each is unknown for each in arguments):
            return unknown
        if isinstance(node.func, ast.Attribute) and node.func.attr in TEXTUAL:
            owner = self.evaluate(node.func.value)
            if type(owner) is str:
                return getattr(owner, node.func.attr)(*arguments)
        function = self.evaluate(node.func)
        if not any(function is each for each in FUNCTIONS):
            return unknown
        if function in (str, repr, bool, len, int):
            harmless = (*PLAIN, list, dict, BaseException)
            if not all(is_a(each, *harmless) for each in arguments):
                return unknown
        return function(*arguments)

    def given(self, function: FunctionType, arguments: Sequence[object]) -> Any:
        """What a call gives, as far as that can be told from the text of the function."""
        if self.depth >= MAX_DEPTH:
            return unknown
        outcome = run(function, arguments, self.raised, self.depth + 1)
        return {FALLS: None, RETURNS: outcome.value}.get(outcome.how, unknown)


def contents(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return unknown


def site_exits() -> tuple[object, ...]:
    return tuple(vars(builtins).get(name) for name in ("exit", "quit") if name in vars(builtins))


def effects(node: ast.stmt) -> tuple[bool, frozenset[str]]:
    """Whether a statement may raise or return by itself, and which names it may assign.

    The node keeps that: frames of the same few handlers are above every crash.
    """
    found: tuple[bool, frozenset[str]] | None = getattr(node, EFFECTS, None)
    if found is None:
        inside = within(node)
        leaves = any(isinstance(each, (ast.Raise, ast.Return)) for each in inside)
        names = (each for each in inside if isinstance(each, ast.Name))
        found = leaves, frozenset(each.id for each in names if not isinstance(each.ctx, ast.Load))
        setattr(node, EFFECTS, found)
    return found


def within(node: ast.AST) -> list[ast.AST]:
    """The nodes of a statement, without those of functions and classes in it."""
    found: list[ast.AST] = [node]
    for each in found:
        for child in ast.iter_child_nodes(each):
            if not isinstance(
                child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
            ):
                found.append(child)
    return found


def truth(value: object) -> bool:
    own = written(value, "__bool__") or written(value, "__len__")
    if not own and is_a(value, *PLAIN, list, dict, BaseException, type):
        return bool(value)
    raise TypeError("its truth may be anything")


def comparable(value: object) -> bool:
    if is_a(value, type):
        return not written(value, "__eq__")
    return type(value) in (*PLAIN, list, dict, set)


def attribute(owner: Any, name: str) -> Any:
    """An attribute that is plainly stored, one of a module, or one of an exception."""
    if owner is unknown:
        return unknown
    if is_a(owner, ModuleType):
        return getattr(owner, name, unknown)
    value = stored(owner, name, unknown)
    if is_a(owner, BaseException, type) and type(value) in BUILT:
        return value.__get__(owner)
    if is_a(owner, type) and type(value) in (FunctionType, staticmethod):
        return value.__get__(None, owner)
    return unknown if has(value, "__get__") else value


def in_frame(frame: FrameType) -> Lookup:
    """What names stand for in a running frame."""

    def lookup(name: str) -> Any:
        value = around.local_value(frame, name)
        if value is not ...:
            return value
        for space in (frame.f_globals, vars(builtins)):
            if name in space:
                return space[name]
        return unknown

    return lookup


def exit_of(manager: object, raised: Raised) -> Outcome:
    """What the `__exit__` (or `__aexit__`) of `manager` does with an exception."""
    for name in ("__exit__", "__aexit__"):
        method = stored(type(manager), name, None)
        if is_a(method, FunctionType):
            return run(method, (manager, raised.kind, raised.exception, unknown), raised)
    return Outcome(FALLS)


def run(
    function: FunctionType, arguments: Sequence[object], raised: Raised, depth: int = 0
) -> Outcome:
    """What a call of `function` with positional `arguments` does while `raised` is handled."""
    if function.__code__.co_flags & (CO_GENERATOR | CO_ASYNC_GENERATOR):
        return Outcome(UNKNOWN)
    code = function.__code__
    body = body_of(code)
    if body is None:
        return Outcome(UNKNOWN)
    free = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))

    def lookup(name: str) -> Any:
        if name in code.co_varnames or name in code.co_cellvars:
            return unknown
        if name in free:
            return contents(free[name])
        for space in (function.__globals__, vars(builtins)):
            if name in space:
                return space[name]
        return unknown

    foresight = Foresight(raised, None, lookup, depth)
    given = code.co_varnames[: code.co_argcount]
    if code.co_flags & CO_VARARGS:
        rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        foresight.values[rest] = tuple(arguments[len(given) :])
    for name, value in zip(given, arguments, strict=False):
        foresight.values[name] = unknown if value is None else value
    if isinstance(body, ast.expr):
        return Outcome(RETURNS, foresight.value(body))
    return foresight.block(body)


def body_of(code: CodeType) -> Sequence[ast.stmt] | ast.expr | None:
    """The statements of a function, or the expression of a lambda, if its text is known."""
    text = around.text_of(code)
    scope = text.scope(code) if text is not None else None
    if scope is not None:
        return scope.node.body
    tree = text.tree if text is not None else around.source(code)
    if tree is None:
        return None
    if code.co_name == "<lambda>":
        lambdas = [each for each in ast.walk(tree) if isinstance(each, ast.Lambda)]
        here = [each.body for each in lambdas if each.lineno == code.co_firstlineno]
        return here[0] if len(here) == 1 else None
    if text is not None:
        return None
    for each in ast.walk(tree):
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return each.body if each.name == code.co_name else None
    return None
