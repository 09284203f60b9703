"""Random programs, run with and without crashes.

A program is the body of one function over a small grammar that covers every statement a body may
have. Every expression goes through `probe(n)`, which notes `n` in the trace; a run may be told to
raise at the k-th probe, once. A crash that is retried must leave no mark: trace, result and side
effects are those of the run without it.
"""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st


class Meant(Exception):
    """Raised by programs on purpose, and handled by them."""


class Boom(Exception):
    """The crash."""


class Other(Exception):
    """Another that they mean, in groups."""


STAR, BOTH = "star", "finally in star"
BASIC, STARRED, MORE, AWAITED = "basic", "starred", "more", "awaited"
MORE_KINDS = frozenset({
    "assert", "annotated", "targets", "comprehension", "lambda", "default", "cause", "again",
    "pairs", "choice", "repeat", "captures", "exits", "class",
})  # fmt: skip
ENDS = (Meant, BaseExceptionGroup)
"""What may leave a program."""


class World:
    """What a program runs in: the trace, the crash to come, and managers and iterators that leave
    marks.
    """

    def __init__(self, crash_at: int | None = None, kind: type[BaseException] = Boom) -> None:
        self.trace: list[Any] = []
        self.probes = 0
        self.crash_at = crash_at
        self.kind = kind
        self.crashes = 0

    def probe(self, number: int, value: Any = None) -> Any:
        self.probes += 1
        if self.probes == self.crash_at:
            self.crash_at = None
            self.crashes += 1
            raise self.kind(number)
        self.trace.append((number, shape(value)) if isinstance(value, Exception) else number)
        return value

    def manager(self, number: int, leaving: int = 0) -> Any:
        """A manager; its exit has a probe if there is a number for it."""
        world = self

        class Manager:
            def __enter__(self) -> int:
                world.probe(number, None)
                world.trace.append(("enter", number))
                return number

            def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
                if leaving:
                    world.probe(leaving)
                world.trace.append(("exit", number, kind and kind.__name__))
                return False

        return Manager()

    def items(self, number: int, count: int) -> Any:
        """An iterator that is no iterable, and that a failing `__next__` does not end."""
        world = self

        class Items:
            at = 0

            def __next__(self) -> int:
                if self.at >= count:
                    raise StopIteration
                world.probe(number)
                self.at += 1
                return self.at

        class Iterable:
            def __iter__(self) -> Items:
                world.trace.append(("iter", number))
                return Items()

        return Iterable()

    def fail(self, number: int) -> None:
        self.trace.append(("meant", number))
        raise Meant(number)

    def fails(self, number: int) -> None:
        self.trace.append(("meant all", number))
        inner = ExceptionGroup("inner", [Meant(number + 1), Other(number)])
        raise ExceptionGroup("outer", [Meant(number), KeyError(number), inner])


def shape(error: BaseException | None, depth: int = 4) -> Any:
    """An exception, what it is made of, and what was handled when it was raised."""
    if error is None or not depth:
        return None
    parts = [shape(each, depth) for each in getattr(error, "exceptions", ())]
    args = error.args[:1] if parts else error.args
    return type(error).__name__, args, parts, shape(error.__context__, depth - 1)


def indent(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def bodies(draw: Any, depth: int, loop: bool, final: bool | str, grammar: str) -> list[str]:
    """The lines of a block."""
    count = draw(st.integers(1, 3))
    lines: list[str] = []
    for _ in range(count):
        lines += draw(statements(depth, loop, final, grammar))
    return lines


class Numbers:
    """Numbers the probes of one program, the same ones each time it is drawn again."""

    counter = itertools.count(1)


def number() -> int:
    return next(Numbers.counter)


@st.composite
def statements(draw: Any, depth: int, loop: bool, final: bool | str, grammar: str) -> list[str]:
    """One statement.

    Args:
        loop: it stands inside a loop, that it may leave.
        final: it stands in a `finally`, where nothing may leave; or in a handler of `except*`
            (STAR), where exceptions may; or in both.
        grammar: BASIC, STARRED or one with MORE; see `programs`.
    """
    stars = grammar != BASIC
    simple = ["assign", "call", "augment", "two", "closure", "delete", "unpack", "walrus"]
    if loop and final is not True:
        simple += ["break", "continue"]
    if not final:
        simple += ["return"]
    if final in (False, STAR):
        simple += ["fail", "fails"] if stars else ["fail"]
    compound = [
        "if",
        "for",
        "while",
        "with",
        "withs",
        "try",
        "finally",
        "both",
        "match",
        "reraise",
    ]
    compound += ["star"] if stars else []
    if grammar in (MORE, AWAITED):
        simple += ["assert", "annotated", "targets", "comprehension", "lambda", "default"]
        simple += ["cause"] if final in (False, STAR) else []
        compound += ["again", "pairs", "choice", "repeat", "captures", "exits"]
    if grammar == MORE:
        compound += ["class"]
    kind = draw(st.sampled_from(simple + (compound * 2 if depth > 0 else [])))
    n = number()
    body = bodies(depth - 1, loop, final, grammar)
    starred = final in (STAR, BOTH)
    inner = bodies(depth - 1, True, final if starred else False, grammar)
    if kind == "assign":
        return [f"x{n % 4} = probe({n}, {n})"]
    if kind == "call":
        return [f"probe({n})"]
    if kind == "augment":
        return [f"total += probe({n}, {n % 5})"]
    if kind == "two":
        return [f"probe({n}); total -= probe({number()}, 1)"]
    if kind == "closure":
        return [f"def add(k=probe({n}, 2)):", "    nonlocal shared", "    shared += k", "add()"]
    if kind == "delete":
        return [f"gone = probe({n}, 1)", "del gone"]
    if kind == "unpack":
        return [f"first, *others = probe({n}, [1, 2, 3])", "total += len(others)"]
    if kind == "walrus":
        return [f"total += (w := probe({n}, {n % 3}))"]
    if kind in ("break", "continue"):
        return [f"if probe({n}, total % 3 == {n % 3}): {kind}"]
    if kind == "return":
        return [f"if probe({n}, total % 4 == {n % 4}): return probe({number()}, total)"]
    if kind == "fail":
        return [f"if probe({n}, total % 4 == {n % 4}): fail({n})"]
    if kind == "fails":
        return [f"if probe({n}, total % 3 == {n % 3}): fails({n})"]
    if kind in MORE_KINDS:
        return more(draw, kind, n, body, inner, final)
    if kind == "star":
        within = bodies(depth - 1, False, STAR, grammar)
        lines = ["try:", *indent([*draw(body), f"if probe({n}, total % 4 != 3): fails({n})"])]
        for error in draw(st.sampled_from([["Meant"], ["Other", "Meant"], ["Meant", "KeyError"]])):
            lines += [f"except* {error} as g{n}:", f"    probe({number()}, g{n})"]
            lines += indent(draw(within))
            lines += ["    raise"] if draw(st.integers(0, 4)) == 0 else []
        if draw(st.booleans()):
            lines += ["else:", *indent(draw(body))]
        return lines
    if kind == "if":
        lines = [f"if probe({n}, total % 2 == {n % 2}):", *indent(draw(body))]
        if draw(st.booleans()):
            lines += [f"elif probe({number()}, total % 3 == 0):", *indent(draw(body))]
        return [*lines, "else:", *indent(draw(body))]
    if kind == "for":
        source = draw(
            st.sampled_from(["items(%d, 3)", "probe(%d, [7, 8])", "iter(probe(%d, (4, 5)))"])
        )
        lines = [f"for i{n} in {source % n}:", *indent(draw(inner))]
        return [*lines, "else:", *indent(draw(body))] if draw(st.booleans()) else lines
    if kind == "while":
        lines = [
            f"c{n} = 0",
            f"while probe({n}, c{n} < 2):",
            f"    c{n} += 1",
            *indent(draw(inner)),
        ]
        return [*lines, "else:", *indent(draw(body))] if draw(st.booleans()) else lines
    if kind == "with":
        return [f"with manager({n}) as m{n}:", *indent(draw(body))]
    if kind == "withs":
        return [f"with manager({n}), manager({number()}) as m{n}:", *indent(draw(body))]
    if kind == "match":
        lines = [
            f"match probe({n}, total % 3):",
            f"    case 0 if probe({number()}, total % 2 == 0):",
        ]
        return [*lines, *indent(indent(draw(body))), "    case _:", *indent(indent(draw(body)))]
    handler = [f"except Meant as e{n}:", f"    probe({number()}, e{n}.args)", *indent(draw(body))]
    last = ["finally:", *indent(draw(bodies(depth - 1, False, BOTH if starred else True, grammar)))]
    lines = ["try:", *indent(draw(body))]
    if kind == "finally":
        return lines + last
    if kind == "reraise":
        return [*lines, "except Meant:", f"    probe({n})", "    raise"]
    if draw(st.booleans()):
        handler += ["else:", *indent(draw(body))]
    return lines + handler + (last if kind == "both" else [])


def more(draw: Any, kind: str, n: int, body: Any, inner: Any, final: bool | str) -> list[str]:
    """A statement that only the larger grammars have."""
    if kind == "assert":
        return [f"assert probe({n}, True), probe({number()})"]
    if kind == "annotated":
        return [f"x{n % 4}: int = probe({n}, {n})"]
    if kind == "targets":
        return [f"x0 = x{n % 4} = probe({n}, {n})"]
    if kind == "comprehension":
        return [f"total += sum(k for k in probe({n}, [1, 2, 3]) if k != {n % 4})"]
    if kind == "lambda":
        return [f"total += (lambda k=probe({n}, 1): k + total)()"]
    if kind == "default":
        return [f"def made{n}(j, *, k=probe({n}, 1)): return j + k", f"total += made{n}(1)"]
    if kind == "cause":
        test = f"if probe({n}, total % 4 == {n % 4}):"
        return [test, f"    raise Meant({n}) from KeyError(probe({number()}, {n}))"]
    if kind == "again":
        fails = [f"if probe({n}, total % 2 == {n % 2}): fail({n})"]
        lines = ["try:", *indent([*draw(body), *(fails if final in (False, STAR) else [])])]
        lines += ["except Meant:", "    try:", f"        probe({number()})", "        raise"]
        if draw(st.booleans()) and final in (False, STAR):
            return [*lines, "    finally:", f"        probe({number()})"]
        return [*lines, f"    except Meant as e{n}:", f"        probe({number()}, e{n})",
                *indent(indent(draw(body)))]  # fmt: skip
    if kind == "pairs":
        lines = [f"for i{n}, *j{n} in probe({n}, [(1, 2), (3,)]):", *indent(draw(inner))]
        return [*lines, "else:", *indent(draw(body))] if draw(st.booleans()) else lines
    if kind == "choice":
        return [f"if (w := probe({n}, total % 2)):", *indent(draw(body))]
    if kind == "repeat":
        lines = [f"c{n} = 3", f"while (w := probe({n}, c{n} - 1)):", f"    c{n} = w"]
        return lines + indent(draw(inner))
    if kind == "captures":
        lines = [f"match probe({n}, [total % 3, 5, 6]):"]
        lines += [f"    case [0, *r{n}] if probe({number()}, len(r{n}) == 2):"]
        lines += [*indent(indent(draw(body))), f"    case [x{n % 4}, 5 | 6 as y{n}, _]:"]
        return lines + indent(indent([f"total += y{n}", *draw(body)]))
    if kind == "exits":
        return [f"with manager({n}, {number()}) as m{n}, manager({number()}, {number()}):",
                *indent(draw(body))]  # fmt: skip
    return [
        f"class C{n}:",
        f"    kept = probe({n}, 1)",
        f"    for each in probe({number()}, [1, 2]):",
        f"        with manager({number()}):",
        f"            kept += probe({number()}, each)",
        "    try:",
        f"        kept += 1 if probe({number()}, True) else 0",
        "    finally:",
        f"        other: int = probe({number()}, 3)",
        f"    def get(self, k=probe({number()}, 2)):",
        "        return type(self) is __class__ and self.kept + k",
        f"total += C{n}().get()",
    ]


@st.composite
def programs(draw: Any, grammar: str = STARRED) -> str:
    """The text of a module with one function, `main`.

    Args:
        grammar: BASIC is what `reference` can do; STARRED has `except*`, too; MORE has the rest of
            the language; AWAITED that of it in which everything can be awaited.
    """
    Numbers.counter = itertools.count(1)
    lines = draw(bodies(3, False, False, grammar))
    head = ["def main(probe, manager, items, fail, fails, Meant, Other, total=0):"]
    before = ["shared = 0", "x0 = x1 = x2 = x3 = 0"]
    return (
        "\n".join([*head, *indent([*before, *lines, "return total, shared, x0, x1, x2, x3"])])
        + "\n"
    )
