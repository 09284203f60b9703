"""From a text to vaccinated code: a whole module, one function of it, or a continuation of a body.

A body that is compiled alone must come out as it would in its place: private names are mangled by
the class around it, `super()` needs `__class__`, variables of enclosing functions are free. So it
is compiled inside a shell, a function that has those variables and, if need be, a class of that
name, and the code object is picked out and given back its qualified name.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType

from daifu_dap.vaccine import names
from daifu_dap.vaccine.fence import barrier
from daifu_dap.vaccine.patch import line_of, patched
from daifu_dap.vaccine.slots import MAX_NESTING, Block, survey
from daifu_dap.vaccine.syntax import Definition, at, constant, on, replaced, store
from daifu_dap.vaccine.text import Scope, Text, first_line
from daifu_dap.vaccine.weave import Outside, Weaver

Select = Callable[[Scope], bool]

STAND_IN = f"{names.PREFIX}_body__"
"""The name in its shell of a body that is compiled alone."""


DEEP = 20_000
"""How many calls deeper a text may be woven that is nested deeply, as long chains of `elif` are."""


def everything(scope: Scope) -> bool:
    return True


class Weaving:
    """Weaves the definitions of a text.

    Attributes:
        key: names the text.
        bodies: the names and first lines of the functions whose barrier is still to be made; see
            `guard`.
    """

    def __init__(self, text: Text, select: Select = everything) -> None:
        self.text = text
        self.key = text.key
        self.select = select
        self.bodies: set[tuple[str, int]] = set()

    def __call__(self, node: Definition) -> ast.stmt:
        """The woven form of a function or class; if it is not selected, its inside is woven."""
        spaced = type(node) is ast.ClassDef
        if spaced and (getattr(node, "type_params", None) or all(map(inert, node.body))):
            return replaced(node, body=Outside(self).block(node.body))
        if self.select is not everything and not self.select(self.text.scopes[id(node)]):
            return replaced(node, body=Outside(self).block(node.body))
        doc, rest = split(node.body)
        numbers, depth = survey(rest)
        if not rest or depth > MAX_NESTING:
            return node
        weave = Weaver(self.key, numbers, spaced, self, self.text.flavour(node))
        woven = weave.block(rest)
        if spaced or weave.flavour or weave.stars:
            return replaced(node, body=[*doc, *barrier(weave, woven)])
        self.bodies.add((node.name, first_line(node)))
        return node if woven == rest else replaced(node, body=[*doc, *woven])

    def patched(self, code: CodeType) -> CodeType:
        """Code that was compiled of what was woven, with what weaving leaves to that."""
        return patched(code, self.key, self.bodies)


def module(text: Text, select: Select = everything, body: bool = True) -> CodeType:
    """The vaccinated code of a whole file; `text` is trimmed.

    Args:
        select: which functions are vaccinated.
        body: whether the module's own statements are, too.

    Raises:
        SyntaxError: the text is not valid Python; as the plain compiler says it.
    """
    with undisturbed():
        try:
            try:
                return woven(text, select, body)
            except RecursionError:
                from daifu_dap.recovery import recursion

                with recursion.headroom(DEEP):
                    return woven(text, select, body)
        except Exception as error:
            failed = error
        finally:
            text.trim()
    text.plain  # noqa: B018  (every error is the plain compiler's)
    raise failed


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put off garbage collection while trees are made.

    A tree has no cycles, so a collection can free nothing of it; those that making it would set off
    take as long as compiling does.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def woven(text: Text, select: Select, body: bool) -> CodeType:
    tree = text.tree
    doc, rest = split(tree.body)
    if any(map(future, rest)):
        raise SyntaxError("from __future__ imports must come first")
    nested = Weaving(text, select)
    numbers, depth = survey(rest)
    if body and rest and depth <= MAX_NESTING:
        weave = Weaver(text.key, numbers, True, nested)
        statements = [*doc, *barrier(weave, weave.block(rest))]
    else:
        statements = Outside(nested).block(tree.body)
    code = compile(ast.Module(statements, []), text.path, "exec", dont_inherit=True)
    return nested.patched(code)


def function(text: Text, scope: Scope, select: Select = everything) -> CodeType:
    """The vaccinated code of one function, to take the place of its plain code."""
    assert not isinstance(scope.node, ast.Module)
    weaving = Weaving(text, select)
    node = weaving(scope.node)
    # Elsewhere only `__class__` may be one, which its class gives it.
    free = scope.plain.co_freevars if scope.nested else ()
    return alone(text, scope, node, free, weaving)


def checked(text: Text, known: Collection[int]) -> None:
    """Compile a text but for some function bodies, for its errors.

    Args:
        known: the identities of the functions whose bodies are compiled elsewhere, or were.

    Raises:
        SyntaxError: the compiler has something against the rest.
    """

    def bare(node: Definition) -> ast.stmt:
        if isinstance(node, ast.ClassDef):
            return replaced(node, body=Outside(bare).block(node.body))
        return replaced(node, body=[at(ast.Pass(), node)]) if id(node) in known else node

    tree = ast.Module(Outside(bare).block(text.tree.body), [])
    compile(tree, text.path, "exec", dont_inherit=True)


def statements(text: Text, tree: ast.Module, weaving: Weaving) -> CodeType:
    """The code of module-level statements, woven by `weaving`, compiled alone."""
    return weaving.patched(compile(tree, text.path, "exec", text.flags, dont_inherit=True))


def alone(
    text: Text, scope: Scope, node: ast.stmt, free: Iterable[str], weaving: Weaving
) -> CodeType:
    """Compile one woven function alone.

    Args:
        node: the woven definition.
        free: the names that must be closure variables of the code.
        weaving: wove it.
    """
    assert isinstance(node, Definition)
    # A stand-in for the first decorator: code counts its lines from there.
    stands: list[ast.expr] = [at(constant(None), each) for each in node.decorator_list[:1]]
    # Neither has its own name, which the body may mean as a global; underscores in front of a class
    # do not count when private names are mangled.
    bare: Definition
    if isinstance(node, ast.ClassDef):
        bare = replaced(
            node, name="_" * 8 + node.name, decorator_list=stands, bases=[], keywords=[]
        )
    else:
        bare = replaced(
            node, name=STAND_IN, decorator_list=stands, args=undecorated(node.args), returns=None
        )
    if getattr(bare, "type_params", None):
        bare = replaced(bare, type_params=[])  # they are variables like others, of the shell
    inner: ast.stmt = bare
    if scope.owner is not None and not isinstance(bare, ast.ClassDef):
        inner = ast.ClassDef("_" * 8 + scope.owner, [], [], [inner], [])
    variables = [name for name in free if name != "__class__"]
    targets: list[ast.expr] = [store(name) for name in variables]
    before: Block = [ast.Assign(targets, constant(None))] if targets else []
    nothing = ast.arguments([], [], None, [], [], None, [])
    shell = ast.FunctionDef(names.SHELL, nothing, [*before, inner], [], None)
    for each in (shell, inner):
        if "type_params" in each._fields and not hasattr(each, "type_params"):
            setattr(each, "type_params", [])  # noqa: B010  (3.12 wants it, 3.11 does not know it)
    tree = ast.Module([on(shell, 1)], [])
    compiled = compile(tree, text.path, "exec", text.flags, dont_inherit=True)
    code = next(each for each in names.codes(compiled) if is_code_of(each, bare))
    code = renamed(code, code.co_qualname, scope.qualname)
    return weaving.patched(code.replace(co_name=node.name))


def inert(statement: ast.stmt) -> bool:
    """Whether a statement of a class body cannot crash: it binds a constant or a bare function."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        given = statement.args
        parameters = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        annotated = any(each is not None and each.annotation is not None for each in parameters)
        computed = statement.decorator_list or given.defaults or any(given.kw_defaults)
        return not (annotated or computed or statement.returns)
    if isinstance(statement, (ast.Assign, ast.Expr)):
        return isinstance(statement.value, ast.Constant) and all(
            isinstance(each, ast.Name) for each in getattr(statement, "targets", ())
        )
    return isinstance(statement, ast.Pass)


def is_code_of(code: CodeType, node: Definition) -> bool:
    return code.co_name == node.name and code.co_firstlineno == first_line(node)


def renamed(code: CodeType, old: str, new: str) -> CodeType:
    """`code` with the prefix `old` of qualified names, its own and all nested ones', made `new`."""

    def name(text: str) -> str:
        return new + text[len(old) :] if text == old or text.startswith(old + ".") else text

    consts = []
    for each in code.co_consts:
        if isinstance(each, CodeType):
            each = renamed(each, old, new)
        elif isinstance(each, str) and names.SHELL in each:
            each = name(each)
        consts.append(each)
    return code.replace(
        co_qualname=name(code.co_qualname), co_consts=tuple(consts), co_firstlineno=line_of(code)
    )


def undecorated(arguments: ast.arguments) -> ast.arguments:
    """The same parameters without defaults and annotations, which the shell must not evaluate."""

    def bare(argument: ast.arg | None) -> ast.arg | None:
        return None if argument is None else replaced(argument, annotation=None)

    return replaced(
        arguments,
        posonlyargs=[bare(each) for each in arguments.posonlyargs],
        args=[bare(each) for each in arguments.args],
        vararg=bare(arguments.vararg),
        kwonlyargs=[bare(each) for each in arguments.kwonlyargs],
        kw_defaults=[None for _ in arguments.kw_defaults],
        kwarg=bare(arguments.kwarg),
        defaults=[],
    )


def split(body: Block) -> tuple[Block, Block]:
    """What must stay first in a body (docstring, `from __future__`) and the rest."""
    first = 0
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        first = 1 if isinstance(body[0].value.value, str) else 0
    while first < len(body) and future(body[first]):
        first += 1
    return body[:first], body[first:]


def future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


__all__ = ["Weaving", "alone", "checked", "everything", "function", "module", "statements"]
