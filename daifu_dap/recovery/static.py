"""Reading an attribute of a person's object without running anything of the person's.

`inspect.getattr_static` does the same, but on 3.12 it keeps the classes that it was asked about.
"""

from __future__ import annotations

from typing import Any


def stored(owner: Any, name: str, default: Any = None) -> Any:
    """The attribute `name` as it is stored, descriptors unasked: in the class, if it is a data
    descriptor there; else in the instance, or in the class that `owner` is; else in its class.
    """
    kind = type(owner)
    general = _of_class(kind, name)
    if general is not _nothing and _of_class(type(general), "__set__") is not _nothing:
        return general
    if issubclass(kind, type):
        own = _of_class(owner, name)
    else:
        try:
            own = object.__getattribute__(owner, "__dict__").get(name, _nothing)
        except (AttributeError, TypeError):
            own = _nothing
    found = general if own is _nothing else own
    return default if found is _nothing else found


_nothing = object()


def _of_class(kind: type, name: str) -> Any:
    for each in type.__getattribute__(kind, "__mro__"):
        space = type.__getattribute__(each, "__dict__")
        if name in space:
            return space[name]
    return _nothing
