"""What vaccination adds to compiling: nothing that a person could see."""

from __future__ import annotations

import contextlib
import gc
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.recovery import runtime
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.text import Text
from tests.kernel.conftest import Lab

LOOKING = """
def main(deco=lambda names: lambda made: made):
    for item in (1,):
        with manager():
            found = [sorted(locals ()), sorted((vars)()), dir \\
                ()]
            found.append(sorted(locals  # (where names stand)
                (
                )))
            @deco(found.append(dir()))
            def inner(names=sorted(locals())):
                for item in (2,):
                    return names, sorted(vars()), [dir() for _ in (3,)]
            class Inner:
                for item in (4,): own = sorted(locals())
    return found, inner(), Inner.own, [*map(str, (lambda: (sorted(locals()), dir()))())]
"""
"""Every way to write such a call down."""


FAULTY = [
    "x = (1",
    "def f(:\n    pass",
    "break",
    "if 1:\n    continue",
    "for i in x:\n    pass\nelse:\n    break",
    "try:\n    continue\nfinally:\n    pass",
    "def f():\n    while 1:\n        def g():\n            break",
    "class C:\n    continue",
    "return 1",
    "yield 1",
    "await x",
    "x = 1\nfrom __future__ import annotations",
    "from __future__ import annotations; x = 1; from __future__ import division",
    "from __future__ import nothing",
    "def f():\n    x = 1\n    global x",
    "def f():\n    nonlocal x",
    "def f(a, a):\n    pass",
    "def f():\n    from os import *",
    "try:\n    pass\nexcept:\n    pass\nexcept ValueError:\n    pass",
    "for x in y:\n    __debug__ = 1",
    "x = \0",
]


@pytest.mark.parametrize("source", FAULTY)
def test_every_error_is_the_plain_compilers(source: str) -> None:
    def error(make: Any) -> list[Any]:
        with pytest.raises((SyntaxError, ValueError)) as raised:
            make()
        kept = ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset")
        return [type(raised.value), str(raised.value)] + [
            getattr(raised.value, name, None) for name in kept
        ]

    plain = error(lambda: compile(source.encode(), "faulty.py", "exec", dont_inherit=True))
    assert error(lambda: compiler.module(Text("faulty.py", source.encode()))) == plain


def test_every_warning_is_given_once() -> None:
    source = textwrap.dedent(
        r"""
        def f(y):
            for x in y:
                with x:
                    assert (x, 1)
            return y is 1, "\d"
        """
    )

    def given(make: Any) -> list[tuple[str, int]]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            make()
        return [(str(each.message), each.lineno) for each in caught]

    plain = given(lambda: compile(source.encode(), "warned.py", "exec", dont_inherit=True))
    assert len(plain) == 3
    assert given(lambda: compiler.module(Text("warned.py", source.encode()))) == plain


def test_a_woven_text_keeps_no_tree_and_collections_go_on() -> None:
    text = Text("a.py", b"def f():\n    for x in y: pass\n")
    compiler.module(text)
    assert not {"tree", "scopes", "plain"} & set(vars(text))
    assert gc.isenabled()
    gc.disable()
    try:
        compiler.module(text)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_variables_of_a_comprehension_are_no_others(lab: Lab) -> None:
    lab.check_everywhere(
        """
        x, y = "global", "other"

        def main():
            flaky()
            before = x, y
            made = [x for x in range(3)], [lambda: y for y in range(2)]
            with_it = [made, flaky(x), y]
            for n in [x * 2 for x in (1, 2)]:
                flaky(n)
            return before, with_it[0][0], [each() for each in made[1]], x, y
        """
    )


@pytest.mark.parametrize("count", [1, 9, 14, 40, 300])
def test_closure_variables_are_shared_however_many(lab: Lab, count: int) -> None:
    names = [f"v{n}" for n in range(count)]
    body = "\n".join(f"        {name} += {n}" for n, name in enumerate(names))
    lab.check_everywhere(
        f"""
def main():
    {" = ".join(names)} = 1
    kept = 0
    def more():
        nonlocal {", ".join(names)}, kept
        kept = flaky(kept)
{body}
        kept = flaky(kept + v0)
    for turn in range(2):
        more()
        flaky()
    return [{", ".join(names)}, kept]
"""
    )


YIELDING = [
    ("yield 1", True),
    ("x = yield", True),
    ("yield from y", True),
    ("x = [(yield)]", True),
    ("for x in (yield): pass", True),
    ("lambda a=(yield): a", True),
    ("def g(a=(yield)): pass", True),
    ("@(yield)\n    class C: pass", True),
    ("x = 'yield'  # yield", False),
    ("def g():\n        yield 1", False),
    ("lambda: (yield)", False),
    ("class C:\n        f = lambda: (yield)", False),
]


@pytest.mark.parametrize(("body", "expected"), YIELDING)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_generators_are_told_by_their_statements(body: str, expected: bool, newline: str) -> None:
    for kind in ("def", "async def"):
        source = f"a = 1\n\n{kind} f():\n    {body}\n\nb = 2\n".replace("\n", newline)
        text = Text("a.py", source.encode())
        scope = next(each for each in text.scopes.values() if each.qualname == "f")
        if kind == "async def" and body == "yield from y":
            continue  # is no Python
        assert scope.flavour == scope.plain.co_flags & (0x20 | 0x80 | 0x200)
        assert bool(scope.flavour & (0x20 | 0x200)) == expected


def test_scopes_are_named_as_the_compiler_names_them() -> None:
    """Every function of every module here has its plain code."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None) or ""
        if not path.endswith(".py") or "daifu_dap" not in path:
            continue
        text = Text(path, Path(path).read_bytes())
        for scope in text.scopes.values():
            assert scope.plain.co_name in (getattr(scope.node, "name", "<module>"),)
            assert text.scope(scope.plain) is scope


def test_a_function_that_looks_at_its_names_sees_its_own_however_it_asks() -> None:
    runtime.install()
    results = []
    for code in (compile(LOOKING, "a.py", "exec"), compiler.module(Text("a.py", LOOKING))):
        space: dict[str, Any] = {"manager": contextlib.nullcontext}
        exec(code, space)
        results.append(space["main"]())
    assert results[0] == results[1]
