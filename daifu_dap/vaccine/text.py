"""One text of one file, and what is derived from it: its tree, its scopes and their plain code.

A file has one `Text` for every version of it that was ever run; activations of older code keep
theirs. Everything but the text itself is made when first asked for, since most files never crash.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import io
import tokenize
from dataclasses import dataclass
from functools import cached_property
from types import CodeType

from daifu_dap.vaccine import names
from daifu_dap.vaccine.syntax import FUNCTIONS, Function, at, runtime
from daifu_dap.vaccine.weave import numbering

FUTURE = 0
for _name in __import__("__future__").all_feature_names:
    FUTURE |= getattr(__import__("__future__"), _name).compiler_flag


FLAVOURS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

LOOKERS = frozenset({"locals", "vars", "dir"})
"""What shows a function its own local names; calls of them are made to leave out ours."""


class _Looked(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        bare = not node.args and not node.keywords
        if bare and isinstance(node.func, ast.Name) and node.func.id in LOOKERS:
            return at(runtime("visible", node), node)
        return node


@dataclass(frozen=True, eq=False)
class Scope:
    """A body in a text: the module's or a function's.

    Attributes:
        node: the tree of the scope.
        qualname: `__qualname__` of the function, "<module>" for the module.
        plain: the code compiled from it without vaccination.
        numbers: slot numbers, see `weave.numbering`.
        owner: name of the innermost class around it in the text (private names are mangled by it).
    """

    node: Function | ast.Module
    qualname: str
    plain: CodeType
    numbers: dict[tuple[int, int], int]
    owner: str | None

    @property
    def module(self) -> bool:
        return isinstance(self.node, ast.Module)

    @property
    def flavour(self) -> int:
        """The flags that make it a generator, a coroutine or an asynchronous generator."""
        return self.plain.co_flags & FLAVOURS


class Text:
    """A source text.

    Args:
        path: the file name its code objects carry.
        source: the text, or the bytes of the file (decoded as Python would).

    Raises:
        SyntaxError: from `tree`, `plain` and what uses them, if the text is not valid Python.
    """

    def __init__(self, path: str, source: str | bytes) -> None:
        self.path = path
        self.source = source
        raw = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
        self.key = hashlib.blake2b(raw, digest_size=8).hexdigest()

    @cached_property
    def text(self) -> str:
        if isinstance(self.source, str):
            return self.source
        return decoded(self.source)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines(keepends=True)

    @cached_property
    def tree(self) -> ast.Module:
        tree = compile(self.source, self.path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        return tree

    @cached_property
    def plain(self) -> CodeType:
        """The plain code; made from the tree before `scopes` wraps anything in it."""
        return compile(self.tree, self.path, "exec", dont_inherit=True)

    @property
    def flags(self) -> int:
        """Compiler flags of the `from __future__` imports of the text."""
        return self.plain.co_flags & FUTURE

    @cached_property
    def scopes(self) -> dict[int, Scope]:
        """Every scope, by the identity of its node."""
        plain: dict[tuple[str, int], CodeType] = {}
        for code in names.codes(self.plain):
            plain.setdefault((code.co_qualname, code.co_firstlineno), code)
        body = self.tree.body
        found = {id(self.tree): Scope(self.tree, "<module>", self.plain, numbering(body), None)}

        def walk(node: ast.AST, prefix: str, owner: str | None, free: set[str]) -> None:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.ClassDef):
                    walk(child, f"{prefix}{child.name}.", child.name, set())
                elif isinstance(child, FUNCTIONS):
                    qualname = child.name if child.name in free else prefix + child.name
                    code = plain.get((qualname, first_line(child)))
                    if code is not None:
                        found[id(child)] = Scope(
                            child, qualname, code, numbering(child.body), owner
                        )
                    walk(child, f"{qualname}.<locals>.", owner, declared_global(child))
                elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                    walk(child, prefix, owner, free)

        walk(self.tree, "", None, set())
        for each in found.values():
            if not each.module and LOOKERS.intersection(each.plain.co_names):
                _Looked().visit(each.node)
        return found

    @cached_property
    def _by_code(self) -> dict[tuple[str, int], Scope]:
        return {(each.qualname, each.plain.co_firstlineno): each for each in self.scopes.values()}

    def scope(self, code: CodeType) -> Scope | None:
        """The scope that `code`, woven or plain, was compiled from."""
        if code.co_name == "<module>":
            return self.scopes[id(self.tree)]
        return self._by_code.get((code.co_qualname, code.co_firstlineno))

    def segment(self, node: ast.AST) -> str:
        """The lines of the text that `node` stands on, without their common indentation."""
        first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        lines = self.lines[first - 1 : last]
        indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        return "".join(
            line[indent:] if not line[:indent].strip() else line for line in lines
        ).rstrip()


def first_line(node: Function) -> int:
    """The line `co_firstlineno` of the function's code: that of its first decorator, if any."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def declared_global(node: Function) -> set[str]:
    found: set[str] = set()
    todo: list[ast.AST] = list(node.body)
    while todo:
        each = todo.pop()
        if isinstance(each, ast.Global):
            found.update(each.names)
        elif not isinstance(each, (*FUNCTIONS, ast.ClassDef, ast.expr)):
            todo.extend(ast.iter_child_nodes(each))
    return found


def decoded(source: bytes) -> str:
    """Decode a source file as Python does (encoding declaration, byte order mark, newlines)."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return io.IncrementalNewlineDecoder(None, True).decode(source.decode(encoding))
