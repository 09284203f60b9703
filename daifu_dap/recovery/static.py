"""Looking at a person's objects without running anything of the person's.

`isinstance` asks an object that is none for its `__class__`, and a proxy's may raise, or load what
it stands for. An exception may have a `__getattribute__`, or a `__traceback__` of its own; the
interpreter looks at neither. `inspect.getattr_static` reads attributes as `stored` does, but on
3.12 it keeps the classes that it was asked about.
"""

from __future__ import annotations

from types import (
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    TracebackType,
)

from daifu_dap.common.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TypeGuard, TypeVar

    Kind = TypeVar("Kind")

BUILT = (GetSetDescriptorType, MemberDescriptorType)
"""Descriptors that run nothing but the interpreter's own code."""

nothing = object()

_traceback, _context, _cause, _parts = (
    kind.__dict__[name]
    for kind, name in (
        (BaseException, "__traceback__"),
        (BaseException, "__context__"),
        (BaseException, "__cause__"),
        (BaseExceptionGroup, "exceptions"),
    )
)


def is_a(value: object, *kinds: type[Kind]) -> TypeGuard[Kind]:
    """Whether a value really is of one of some built-in kinds, or of a kind of ours."""
    return issubclass(type(value), kinds)


def stored(owner: Any, name: str, default: Any = None) -> Any:
    """The attribute `name` as it is stored, descriptors unasked: in the class, if it is a data
    descriptor there; else in the instance, or in the class that `owner` is; else in its class.
    """
    kind = type(owner)
    general = of_class(kind, name)
    if general is not nothing and of_class(type(general), "__set__") is not nothing:
        return general
    own = of_class(owner, name) if issubclass(kind, type) else space(owner).get(name, nothing)
    found = general if own is nothing else own
    return default if found is nothing else found


def space(owner: object) -> dict[str, Any]:
    """The attributes of an instance, if it has them in the ordinary way."""
    descriptor = of_class(type(owner), "__dict__")
    found = descriptor.__get__(owner) if type(descriptor) in BUILT else None
    return found if type(found) is dict else {}


def of_class(kind: type, name: str) -> Any:
    """What a class has under a name, itself or by inheritance; `nothing` if there is nothing."""
    for each in type.__getattribute__(kind, "__mro__"):
        names = type.__getattribute__(each, "__dict__")
        if name in names:
            return names[name]
    return nothing


def has(value: object, name: str) -> bool:
    """Whether the class of a value has something under a name, as a protocol of the language's
    looks it up.
    """
    return of_class(type(value), name) is not nothing


def written(value: object, name: str) -> bool:
    """Whether somebody has written such a method in Python, or what else runs Python code."""
    found = of_class(type(value), name)
    return found is not nothing and (
        type(found) is FunctionType or of_class(type(found), "__objclass__") is nothing
    )


# ---- exceptions


def traceback(exception: BaseException) -> TracebackType | None:
    found: TracebackType | None = _traceback.__get__(exception)
    return found


def set_traceback(exception: BaseException, value: object) -> None:
    _traceback.__set__(exception, value)


def context(exception: BaseException) -> BaseException | None:
    found: BaseException | None = _context.__get__(exception)
    return found


def set_context(exception: BaseException, value: object) -> None:
    _context.__set__(exception, value)


def cause(exception: BaseException) -> BaseException | None:
    found: BaseException | None = _cause.__get__(exception)
    return found


def parts(exception: BaseException) -> tuple[BaseException, ...]:
    """The exceptions in a group; none in any other exception."""
    if not issubclass(type(exception), BaseExceptionGroup):
        return ()
    found: tuple[BaseException, ...] = _parts.__get__(exception)
    return found
