"""One text of one file, and what is derived from it: its tree, its scopes and their plain code.

A file has one `Text` for every version of it that was ever run; activations of older code keep
theirs. Everything but the text itself is made when first asked for, since most files never crash,
and is let go of again once the file is woven (`trim`): a tree has some ten objects a line, which
the garbage collector would visit for as long as the program runs.

To find the scopes only statements are visited. What has to be known of the expressions, whether a
function yields and whether it looks at its local names, is looked for only on lines with such a
word in them.
"""

from __future__ import annotations
import __future__

import ast
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from importlib import import_module
from types import CodeType
from weakref import ref

from daifu_dap.common.decode import decoded
from daifu_dap.common.flags import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from daifu_dap.common.split import split
from daifu_dap.common.typed import Any
from daifu_dap.vaccine import names
from daifu_dap.vaccine.slots import SIMPLE, children, numbering
from daifu_dap.vaccine.syntax import FUNCTIONS, Body, Function, at, runtime

LOOKERS = frozenset({"locals", "vars", "dir"})
"""What shows a function its own local names; calls of them are made to leave out ours."""

YIELD = b"yield"
LOOKS = [rb"%b(?<!\w%b)\s*[()\\#]" % (each, each) for each in (b"dir", b"locals", b"vars")]
"""What to look for; plain beginnings are found the fastest."""


class _Looked(ast.NodeTransformer):
    """Wraps calls of LOOKERS in the statements that stand on some lines."""

    def __init__(self, lines: list[int]) -> None:
        self.lines = lines

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.stmt) and not among(node, self.lines):
            return node
        return super().visit(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        bare = not node.args and not node.keywords
        if bare and isinstance(node.func, ast.Name) and node.func.id in LOOKERS:
            return at(runtime("visible", node), node)
        return node


class Scope:
    """A body in a text: the module's, a function's or a class's.

    Attributes:
        node: the tree of the scope.
        qualname: `__qualname__` of the function or class, "<module>" for the module.
        owner: name of the innermost class around it in the text (private names are mangled by it).
        flavour: the flags that make it a generator, a coroutine or an asynchronous generator.
        text: the text.
        nested: whether it may have variables of a function, or type parameters, around it.
    """

    def __init__(
        self,
        node: Body,
        qualname: str,
        owner: str | None,
        flavour: int,
        text: Text,
        nested: bool = False,
    ) -> None:
        self.node = node
        self.qualname = qualname
        self.owner = owner
        self.flavour = flavour
        self.text = text
        self.nested = nested

    @cached_property
    def numbers(self) -> dict[tuple[int, int], int]:
        """Slot numbers, see `slots.numbering`."""
        return numbering(self.node.body)

    @property
    def first_line(self) -> int:
        """The first line of its code."""
        return 1 if isinstance(self.node, ast.Module) else first_line(self.node)

    @property
    def code(self) -> CodeType:
        """Some code of it, for its variables: vaccinated code has hidden ones besides."""
        if "plain" not in vars(self) and "running" in vars(self):
            known: CodeType | None = vars(self)["running"]()
            if known is not None:
                return known
        return self.plain

    def runs(self, code: CodeType) -> None:
        """Say that `code` is the vaccinated code of this scope, so that no other need be made."""
        vars(self).setdefault("running", ref(code))

    @cached_property
    def plain(self) -> CodeType:
        """The code compiled from it without vaccination.

        Raises:
            KeyError: the compiler has left it out.
        """
        return self.text.codes[self.qualname, self.first_line]

    @property
    def module(self) -> bool:
        return isinstance(self.node, ast.Module)

    @property
    def spaced(self) -> bool:
        """Whether its names live in a namespace: it is a module's or a class's."""
        return isinstance(self.node, (ast.Module, ast.ClassDef))


DERIVED = (
    "text",
    "lines",
    "tree",
    "plain",
    "codes",
    "flags",
    "yields",
    "scopes",
    "_by_code",
    "_first",
)
"""The attributes of a text that can be made again."""


class Text:
    """A source text.

    Args:
        path: the file name its code objects carry.
        source: the text, or the bytes of the file (decoded as Python would).

    Raises:
        SyntaxError: from `tree`, `plain` and what uses them, if the text is not valid Python.
    """

    _packed: bytes
    _unpack: Callable[[bytes], bytes]

    def __init__(self, path: str, source: str | bytes) -> None:
        self.path = path
        self.source = source
        hashlib = import_module("hashlib")  # takes longer to import than all of vaccination
        self.key: str = hashlib.blake2b(self.raw, digest_size=8).hexdigest()

    @classmethod
    def packed(cls, path: str, key: str, packed: bytes, unpack: Callable[[bytes], bytes]) -> Text:
        """A text whose key is known; its source is had by `unpack` when it is asked for."""
        text = cls.__new__(cls)
        text.path, text.key, text._packed, text._unpack = path, key, packed, unpack
        return text

    @cached_property
    def source(self) -> str | bytes:
        return self._unpack(self._packed)

    @property
    def raw(self) -> bytes:
        """The source as the bytes of a file."""
        if isinstance(self.source, bytes):
            return self.source
        return self.source.encode("utf-8", "surrogatepass")

    @cached_property
    def text(self) -> str:
        if isinstance(self.source, str):
            return self.source
        return decoded(self.source)

    @cached_property
    def lines(self) -> list[str]:
        return split(self.text)

    @cached_property
    def tree(self) -> ast.Module:
        tree = compile(self.source, self.path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        lines = sorted(line for each in LOOKS for line in self._lines_with(each))
        if lines:
            looked(tree.body, lines)
        return tree

    def take(self, shortcut: Callable[[], ast.Module | None]) -> None:
        """Have a tree: that of `shortcut` if it gives one, which must be as parsing makes it."""
        if "tree" not in vars(self):
            tree = shortcut()
            if tree is not None:
                vars(self)["tree"] = tree
        self.tree  # noqa: B018  (parses)

    @cached_property
    def plain(self) -> CodeType:
        """The plain code; made from the source, since calls in the tree are wrapped."""
        return compile(self.source, self.path, "exec", dont_inherit=True)

    @cached_property
    def codes(self) -> dict[tuple[str, int], CodeType]:
        """The plain code objects, by qualified name and first line."""
        found: dict[tuple[str, int], CodeType] = {("<module>", 1): self.plain}
        for code in names.codes(self.plain):
            found.setdefault((code.co_qualname, code.co_firstlineno), code)
        return found

    @cached_property
    def flags(self) -> int:
        """Compiler flags of the `from __future__` imports of the text."""
        found = 0
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for each in node.names:
                    found |= getattr(__future__, each.name).compiler_flag
        return found

    def trim(self) -> None:
        """Let go of what can be made again."""
        for name in DERIVED:
            vars(self).pop(name, None)

    @cached_property
    def scopes(self) -> dict[int, Scope]:
        """Every scope, by the identity of its node."""
        found = {id(self.tree): Scope(self.tree, "<module>", None, 0, self)}
        self._collect(found, self.tree.body, "", None, set())
        found.update(self._first)
        return found

    @cached_property
    def _first(self) -> dict[int, Scope]:
        """Scopes that were found before the others, by the identity of their nodes."""
        return {}

    @cached_property
    def yields(self) -> list[int]:
        """The numbers of the lines on which something may yield."""
        return self._lines_with(YIELD)

    def flavour(self, node: Body) -> int:
        """The flags that make a function of the text a generator, a coroutine or both."""
        return flavour(node, self.yields) if isinstance(node, FUNCTIONS) else 0

    def _collect(
        self,
        found: dict[int, Scope],
        nodes: Sequence[Any],
        prefix: str,
        owner: str | None,
        free: set[str],
        nested: bool = False,
    ) -> None:
        # No function inside `scopes`: one that calls itself is garbage in a cycle, which a program
        # that looks for its own would find.
        for node in nodes:
            kind = type(node)
            if kind in SIMPLE:
                continue
            if kind in FUNCTIONS:
                qualname = node.name if node.name in free else prefix + node.name
                inner = nested or bool(getattr(node, "type_params", None))
                found[id(node)] = Scope(node, qualname, owner, self.flavour(node), self, inner)
                self._collect(found, node.body, f"{qualname}.<locals>.", owner, set(), True)
            elif kind is ast.ClassDef:
                qualname = node.name if node.name in free else prefix + node.name
                generic = bool(getattr(node, "type_params", None))
                if not generic:
                    found[id(node)] = Scope(node, qualname, node.name, 0, self, nested)
                inner = nested or generic
                self._collect(found, node.body, f"{qualname}.", node.name, set(), inner)
            elif kind is ast.Global:
                free.update(node.names)
            else:
                for field in ("body", "handlers", "orelse", "finalbody", "cases"):
                    inside = getattr(node, field, None)
                    if inside:
                        self._collect(found, inside, prefix, owner, free, nested)

    def _lines_with(self, word: bytes) -> list[int]:
        """The numbers of the lines that hold a word."""
        raw = self.raw
        if b"\r" in raw:
            raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines, line, at = [], 1, 0
        for match in re.finditer(word, raw):
            line += raw.count(b"\n", at, match.start())
            at = match.start()
            lines.append(line)
        return lines

    @cached_property
    def _by_code(self) -> dict[tuple[str, int], Scope]:
        return {(each.qualname, each.first_line): each for each in self.scopes.values()}

    def scope(self, code: CodeType) -> Scope | None:
        """The scope that `code`, woven or plain, was compiled from."""
        if "scopes" not in vars(self) and (found := self._outermost(code)) is not None:
            return found
        if code.co_name == "<module>":
            return self.scopes[id(self.tree)]
        return self._by_code.get((code.co_qualname, code.co_firstlineno))

    def _outermost(self, code: CodeType) -> Scope | None:
        """The scope of a function of the module's own, for which no others are looked for."""
        body, line = self.tree.body, code.co_firstlineno
        index = bisect_left(body, line, key=lambda each: each.end_lineno or 0)
        if index == len(body):
            return None
        node = body[index]
        if not isinstance(node, FUNCTIONS) or first_line(node) != line:
            return None
        if node.name != code.co_qualname:
            return None
        found = self._first.get(id(node))
        if found is None:
            generic = bool(getattr(node, "type_params", None))
            found = Scope(node, node.name, None, self.flavour(node), self, generic)
            found = self._first.setdefault(id(node), found)
        return found

    def segment(self, node: ast.AST) -> str:
        """The lines of the text that `node` stands on, without their common indentation."""
        first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        lines = self.lines[first - 1 : last]
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        return "".join(
            line[indent:] if not line[:indent].strip() else line for line in lines
        ).rstrip()


def looked(statements: Sequence[ast.stmt], lines: list[int]) -> None:
    """Wrap the calls of LOOKERS in the functions among `statements` that stand on some lines."""
    for each in statements:
        if type(each) in SIMPLE or not among(each, lines):
            continue
        if isinstance(each, FUNCTIONS):
            _Looked(lines).visit(each)
        else:
            looked(each.body if isinstance(each, ast.ClassDef) else children(each), lines)


def first_line(node: Function | ast.ClassDef) -> int:
    """The line `co_firstlineno` of a definition's code: that of its first decorator, if any."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def among(node: ast.AST, lines: list[int]) -> bool:
    """Whether `node` stands on one of some lines."""
    if not lines:
        return False
    start = node.lineno  # type: ignore[attr-defined]
    for each in getattr(node, "decorator_list", ()):
        start = min(start, each.lineno)
    first = bisect_left(lines, start)
    return first < len(lines) and lines[first] <= node.end_lineno  # type: ignore[attr-defined]


def flavour(node: Function, yields: list[int]) -> int:
    """The flags of the code of a function; `yields` are the lines that hold the word."""
    if isinstance(node, ast.FunctionDef):
        return CO_GENERATOR if yielding(node, yields) else 0
    return CO_ASYNC_GENERATOR if yielding(node, yields) else CO_COROUTINE


def yielding(node: Function, lines: list[int]) -> bool:
    """Whether a function yields; `lines` are those that hold the word."""
    if not among(node, lines):
        return False
    todo: list[ast.AST] = [
        each for each in node.body if among(each, lines) or hasattr(each, "decorator_list")
    ]
    while todo:
        each = todo.pop()
        if isinstance(each, (ast.Yield, ast.YieldFrom)):
            return True
        todo += own_children(each)
    return False


def own_children(node: ast.AST) -> Iterator[ast.AST]:
    """What of `node` is evaluated in its own scope."""
    if isinstance(node, ast.Lambda):
        yield from (each for each in (*node.args.defaults, *node.args.kw_defaults) if each)
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        for name, value in ast.iter_fields(node):
            if name != "body":
                yield from [value] if isinstance(value, ast.AST) else children_of(value)
    else:
        yield from ast.iter_child_nodes(node)


def children_of(value: object) -> list[ast.AST]:
    return [each for each in value if isinstance(each, ast.AST)] if isinstance(value, list) else []


def declared(
    node: Function | ast.ClassDef, kind: type[ast.Global] | type[ast.Nonlocal]
) -> set[str]:
    """The names that a body declares global or nonlocal."""
    found: set[str] = set()
    todo = list(node.body)
    while todo:
        each = todo.pop()
        if isinstance(each, kind):
            found.update(each.names)
        todo += children(each)
    return found
