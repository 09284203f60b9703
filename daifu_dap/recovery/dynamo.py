"""What `torch.compile` sees of vaccinated code: the plain code.

The problem. Dynamo traces bytecode. When it meets what it cannot trace (a `print`, a branch on a
tensor's value), it compiles what came before, runs the hitch in Python, and goes on tracing behind
it in a *resume function*; but not inside a `try`, and a woven body stands in one from its first
instruction to its last. So one hitch would cost a vaccinated function its whole graph, where the
plain one has two. An exception that a traced function raises for its caller would meet our barrier,
too, which cannot be traced.

So where Dynamo asks for the instructions of a vaccinated function, whether to compile its frame, to
inline a call or to make a resume function, it is given those of the plain code of the same text.
The frame keeps its own code, by which the guards and the compiled code are filed. Functions made
inside keep their vaccinated code.

After an edit the function has another code object and is compiled anew. But Dynamo does not guard
the code of every function that it inlines: a module's methods it takes to be what they were. So it
is noted what was inlined where, and what was compiled with a function that has changed is dropped.

The price is that a body that runs compiled has no barrier. A crash in it is held by the nearest
vaccinated frame around it that runs as Python, at the statement that called it, and that statement
is what a retry runs again. What Dynamo gives up on runs as Python, vaccinated.

Everything here is done to PyTorch's modules when they are imported, by their names, none of which
is public. A PyTorch that has none of them is left as it is: it traces the woven code.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable
from types import CodeType, ModuleType

from daifu_dap.common.flags import CO_VARARGS, CO_VARKEYWORDS
from daifu_dap.common.typed import Any
from daifu_dap.recovery import versions
from daifu_dap.vaccine import names

__all__ = ["HOOKS", "changed", "plain"]

_plain: weakref.WeakKeyDictionary[CodeType, CodeType] = weakref.WeakKeyDictionary()


def plain(code: CodeType) -> CodeType:
    """The code that Dynamo is to trace for `code`.

    Returns:
        For vaccinated code the plain code of the same text, in which functions and classes are
        defined vaccinated; any other code itself.
    """
    if names.RUNTIME not in code.co_names:
        return code
    found = _plain.get(code)
    if found is None:
        found = _plain[code] = unwoven(code)
    return found


def unwoven(code: CodeType) -> CodeType:
    file = versions.find(code.co_filename)
    text = file.text_of(code) if file is not None else None
    scope = text.scope(code) if text is not None else None
    if scope is None or scope.spaced:
        return code
    original = scope.plain
    inner = {
        (each.co_qualname, each.co_firstlineno): each
        for each in code.co_consts
        if isinstance(each, CodeType)
        if any(names.RUNTIME in nested.co_names for nested in names.codes(each))
    }
    consts = tuple(
        inner.get((each.co_qualname, each.co_firstlineno), each)
        if isinstance(each, CodeType)
        else each
        for each in original.co_consts
    )
    if shape(original) != shape(code) or len(consts) > len(code.co_consts):
        return code
    return original.replace(co_consts=consts)


def shape(code: CodeType) -> tuple[object, ...]:
    """What the frame of one code must have in common with that of another that takes its place."""
    flags = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS)
    count = code.co_argcount + code.co_kwonlyargcount + flags.bit_count()
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    return *counts, flags, code.co_varnames[:count], code.co_cellvars, code.co_freevars


_inlined: weakref.WeakKeyDictionary[CodeType, weakref.WeakValueDictionary[int, CodeType]]
_inlined = weakref.WeakKeyDictionary()
"""By vaccinated code: the code of the frames that it was compiled into."""


def changed(code: CodeType) -> None:
    """Drop what was compiled with `code`, which its function no longer has."""
    roots = _inlined.pop(code, None)
    reset = getattr(sys.modules.get(f"{PACKAGE}.eval_frame"), "reset_code", None)
    if roots and reset is not None:
        for root in list(roots.values()):
            reset(root)


# ---- the hooks


def transforming(module: ModuleType) -> None:
    """Frames that are compiled, and resume functions."""
    transform: Callable[..., Any] = module.transform_code_object

    @functools.wraps(transform)
    def transform_code_object(code: CodeType, *arguments: Any, **named: Any) -> Any:
        return transform(plain(code), *arguments, **named)

    for other in list(sys.modules.values()):
        if getattr(other, "__name__", "").startswith(PACKAGE):
            for name, value in list(vars(other).items()):
                if value is transform:
                    setattr(other, name, transform_code_object)


def inlining(module: ModuleType) -> None:
    """Calls that are traced as part of their caller."""
    inliner: Any = module.InliningInstructionTranslator
    begin: Callable[..., None] = inliner.__init__

    @functools.wraps(begin)
    def __init__(self: Any, parent: Any, code: CodeType, *arguments: Any, **named: Any) -> None:
        if names.RUNTIME in code.co_names:
            root = getattr(getattr(parent.output, "root_tx", None), "f_code", code)
            _inlined.setdefault(code, weakref.WeakValueDictionary())[id(root)] = root
        begin(self, parent, plain(code), *arguments, **named)

    inliner.__init__ = __init__


def skipping(module: ModuleType) -> None:
    """Our own functions, which Dynamo meets when it has given up on one that then crashes."""
    module.add("daifu_dap")


PACKAGE = "torch._dynamo"
HOOKS: dict[str, Callable[[ModuleType], None]] = {
    f"{PACKAGE}.bytecode_transformation": transforming,
    f"{PACKAGE}.symbolic_convert": inlining,
    f"{PACKAGE}.trace_rules": skipping,
}
"""What is done to a module of PyTorch when it is imported."""
