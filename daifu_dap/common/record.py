"""Records: classes that are their fields, as those of `dataclasses` are, at a tenth of the cost.

The problem. `dataclass` writes the text of five methods for each class and compiles it: a quarter
of a millisecond a class. There are some thirty on the debuggee's side, which has to be there before
somebody's program begins. So nothing is written here: one `__init__`, one `__eq__` and one
`__repr__` serve every class and look its fields up. For a type checker they are dataclasses, and so
they are for who uses them: made by position or by name, with defaults, equal if their fields are,
hashable if frozen, taken apart by `match`, with a signature and a `repr` of their own.

Making a record takes about a microsecond. Where thousands are made, a class of its own is written
out (`vaccine.text.Scope`).
"""

from __future__ import annotations

from collections.abc import Callable

from daifu_dap.common.typed import TYPE_CHECKING, Any, ClassVar, dataclass_transform

__all__ = ["Record", "field", "replace"]

if TYPE_CHECKING:
    from typing import TypeVar

    Self = TypeVar("Self", bound="Record")

_set = object.__setattr__


class _Factory:
    """A default that is made anew for each record."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], Any]) -> Any:
    """A field whose default is made anew for each record, by `default_factory`."""
    return _Factory(default_factory)


class _Signature:
    """What `inspect.signature` and `help` say of a record's class."""

    def __get__(self, record: object, kind: type[Record]) -> Any:
        if record is not None:
            raise AttributeError("a record has no signature")
        import inspect

        if kind.__init__ is not Record.__init__:
            return inspect.signature(kind.__init__.__get__(object()))
        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        types: dict[str, Any] = {}
        for each in reversed(kind.__mro__):
            types |= vars(each).get("__annotations__", {})
        return inspect.Signature(
            [
                inspect.Parameter(
                    name,
                    positional,
                    default=kind._defaults.get(name, inspect.Parameter.empty),
                    annotation=types[name],
                )
                for name in kind.__match_args__
            ]
        )


@dataclass_transform(field_specifiers=(field,))
class Record:
    """The base of classes whose annotated names are their fields.

    Class arguments:
        frozen: whether fields cannot be assigned; such a record is hashed by its fields.
        eq: whether records with equal fields are equal; else each is equal to itself only.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()
    __signature__: ClassVar[Any] = _Signature()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls, *, frozen: bool = False, eq: bool = True) -> None:
        own = vars(cls)
        names = [
            name
            for name, kind in own.get("__annotations__", {}).items()
            if not (isinstance(kind, str) and kind.startswith("ClassVar"))
        ]
        fields = dict.fromkeys((*cls.__match_args__, *names))
        given: dict[str, Any] = {"__match_args__": tuple(fields)}
        given["_defaults"] = cls._defaults | {name: own[name] for name in names if name in own}
        if eq:
            given |= {"__eq__": _equal, "__hash__": _hashed if frozen else None}
        if frozen:
            given |= {"__setattr__": _refuse, "__delattr__": _refuse}
        for name, value in given.items():
            setattr(cls, name, value)

    def __init__(self, *values: Any, **named: Any) -> None:
        names = self.__match_args__
        if len(values) > len(names):
            raise TypeError(f"{_name(self)}() takes {len(names)} values, not {len(values)}")
        for name, value in zip(names, values, strict=False):
            _set(self, name, value)
        defaults = self._defaults
        for name in names[len(values) :]:
            if name in named:
                value = named.pop(name)
            elif name in defaults:
                value = defaults[name]
                if type(value) is _Factory:
                    value = value.make()
            else:
                raise TypeError(f"{_name(self)}() is not given its {name!r}")
            _set(self, name, value)
        if named:
            raise TypeError(f"{_name(self)}() is given a {next(iter(named))!r} that it cannot take")

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{_name(self)}({fields})"


def replace(record: Self, **changes: Any) -> Self:
    """The same record with other values of some fields."""
    values = {name: getattr(record, name) for name in record.__match_args__}
    return type(record)(**(values | changes))


def _name(record: Record) -> str:
    return type(record).__qualname__


def _values(record: Record) -> tuple[Any, ...]:
    return tuple([getattr(record, name) for name in record.__match_args__])


def _equal(self: Record, other: object) -> Any:
    if not isinstance(other, Record) or type(other) is not type(self):
        return NotImplemented
    return _values(self) == _values(other)


def _hashed(self: Record) -> int:
    return hash(_values(self))


def _refuse(self: Record, name: str, value: object = None) -> None:
    raise AttributeError(f"{name!r} of a {_name(self)} cannot be changed")
