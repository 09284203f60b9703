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

    def manager(self, number: int, swallow: bool = False) -> Any:
        world = self

        class Manager:
            def __enter__(self) -> int:
                world.probe(number, None)
                world.trace.append(("enter", number))
                return number

            def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
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
def bodies(
    draw: Any, depth: int, loop: bool, final: bool | str = False, stars: bool = True
) -> list[str]:
    """The lines of a block."""
    count = draw(st.integers(1, 3))
    lines: list[str] = []
    for _ in range(count):
        lines += draw(statements(depth, loop, final, stars))
    return lines


class Numbers:
    """Numbers the probes of one program, the same ones each time it is drawn again."""

    counter = itertools.count(1)


def number() -> int:
    return next(Numbers.counter)


@st.composite
def statements(draw: Any, depth: int, loop: bool, final: bool | str, stars: bool) -> list[str]:
    """One statement.

    Args:
        loop: it stands inside a loop, that it may leave.
        final: it stands in a `finally`, where nothing may leave; or in a handler of `except*`
            (STAR), where exceptions may; or in both.
        stars: whether there are `except*` statements.
    """
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
    kind = draw(st.sampled_from(simple + (compound * 2 if depth > 0 else [])))
    n = number()
    body = bodies(depth - 1, loop, final, stars)
    starred = final in (STAR, BOTH)
    inner = bodies(depth - 1, True, final if starred else False, stars)
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
    if kind == "star":
        within = bodies(depth - 1, False, STAR)
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
    last = ["finally:", *indent(draw(bodies(depth - 1, False, BOTH if starred else True, stars)))]
    lines = ["try:", *indent(draw(body))]
    if kind == "finally":
        return lines + last
    if kind == "reraise":
        return [*lines, "except Meant:", f"    probe({n})", "    raise"]
    if draw(st.booleans()):
        handler += ["else:", *indent(draw(body))]
    return lines + handler + (last if kind == "both" else [])


@st.composite
def programs(draw: Any, stars: bool = True) -> str:
    """The text of a module with one function, `main`."""
    Numbers.counter = itertools.count(1)
    lines = draw(bodies(3, False, False, stars))
    head = ["def main(probe, manager, items, fail, fails, Meant, Other, total=0):"]
    before = ["shared = 0", "x0 = x1 = x2 = x3 = 0"]
    return (
        "\n".join([*head, *indent([*before, *lines, "return total, shared, x0, x1, x2, x3"])])
        + "\n"
    )
