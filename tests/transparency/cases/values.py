"""Results of what programs are made of: classes of every kind, decorators, closures, protocols."""
from __future__ import annotations

import abc
import collections
import contextlib
import copy
import dataclasses
import enum
import functools
import gc
import operator
import sys
import typing
import weakref


@dataclasses.dataclass(order=True, slots=True)
class Point:
    """A point."""
    x: int
    y: int = 0
    tags: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self):
        for each in ("x", "y"):
            with contextlib.suppress(TypeError):
                setattr(self, each, getattr(self, each) + 0)

    def moved(self, **changes):
        try:
            return dataclasses.replace(self, **changes)
        finally:
            self.tags.append("moved")


class Shape(abc.ABC):
    registry = {}

    def __init_subclass__(cls, /, sides=0, **more):
        super().__init_subclass__(**more)
        for name in [cls.__name__]:
            Shape.registry[name] = sides

    @property
    @abc.abstractmethod
    def area(self):
        """The area."""

    @classmethod
    @abc.abstractmethod
    def unit(cls): ...


class Square(Shape, sides=4):
    __slots__ = ("_side",)

    def __init__(self, side):
        super().__init__()
        self._side = side

    @functools.cached_property
    def broken(self):
        return 1

    @property
    def area(self):
        for _ in range(1):
            return self._side ** 2

    @area.setter
    def area(self, value):
        with contextlib.nullcontext():
            self._side = value ** 0.5

    @classmethod
    def unit(cls):
        return cls(1)

    def __repr__(self):
        return f"{__class__.__name__}({self._side!r})"


class Color(enum.Enum):
    RED = enum.auto()
    GREEN = enum.auto()

    @property
    def lower(self):
        for name in [self.name]:
            return name.lower()

    @classmethod
    def _missing_(cls, value):
        with contextlib.suppress(AttributeError):
            return cls[value.upper()]


class Flags(enum.IntFlag):
    A = 1
    B = 2
    AB = A | B


class Meta(type):
    def __new__(meta, name, bases, space, **more):
        made = super().__new__(meta, name, bases, dict(space))
        made.order = [n for n in space if not n.startswith("__")]
        made.special = sorted(n for n in space if n.startswith("__"))
        return made

    @classmethod
    def __prepare__(meta, name, bases, **more):
        return collections.OrderedDict()

    def __call__(cls, *arguments):
        try:
            return super().__call__(*arguments)
        finally:
            cls.count = getattr(cls, "count", 0) + 1


class Made(metaclass=Meta, extra=1):
    b = 1
    a: int = 2
    for c in range(2):
        d = c

    def method(self): return __class__


class Named(typing.NamedTuple):
    name: str
    size: int = 3

    def doubled(self):
        for _ in [0]:
            return self._replace(size=2 * self.size)


class Typed(typing.TypedDict, total=False):
    key: int


@functools.total_ordering
class Version:
    def __init__(self, *parts): self.parts = parts
    def __eq__(self, other): return self.parts == other.parts
    def __lt__(self, other):
        for a, b in zip(self.parts, other.parts):
            if a != b: return a < b
        return len(self.parts) < len(other.parts)
    def __hash__(self): return hash(self.parts)


class Descriptor:
    def __set_name__(self, owner, name): self.name = "_" + name
    def __get__(self, instance, owner=None):
        if instance is None: return self
        try: return getattr(instance, self.name)
        except AttributeError: return "unset"
    def __set__(self, instance, value): setattr(instance, self.name, value)


class Holder:
    value = Descriptor()
    __private = "private"

    def __init__(self, value=None):
        self.__hidden = value
        for self.__looped in range(3): pass
        with contextlib.nullcontext(4) as self.__entered: pass
        try: raise KeyError
        except KeyError as __error: self.__caught = type(__error).__name__
        import os.path as __path
        self.__imported = __path.__name__
        match [1, 2]:
            case [__first, *__rest]: self.__matched = __first, __rest

    def __getattr__(self, name):
        if name.startswith("x"):
            for _ in [0]: return name
        raise AttributeError(name)

    def __getstate__(self): return {"hidden": self.__hidden}
    def __setstate__(self, state):
        for self.__hidden in state.values(): pass
    def __eq__(self, other): return self.__hidden == other.__hidden
    def __class_getitem__(cls, item): return cls, item


def decorator(note):
    def wrap(function):
        @functools.wraps(function)
        def call(*arguments, **named):
            with contextlib.ExitStack() as stack:
                stack.callback(calls.append, (note, function.__name__))
                return function(*arguments, **named)
        return call
    return wrap


calls = []


class Ordered:
    @staticmethod
    @decorator("static")
    def one(x): return x

    @classmethod
    @decorator("class")
    def two(cls, x): return cls.__name__, x

    @decorator("outer")
    @decorator("inner")
    def three(self, x):
        for each in [x]: return each

    @property
    @decorator("property")
    def four(self): return 4

    @functools.lru_cache
    def five(self, x):
        calls.append(x)
        return x

    @functools.cached_property
    def six(self):
        for each in [6]: return each

    @functools.partialmethod
    def seven(self, x=7): return x

    @functools.singledispatchmethod
    def eight(self, x): return "any"

    @eight.register
    def _(self, x: int):
        for _ in [0]: return "int"

    @contextlib.contextmanager
    def nine(self):
        try: yield 9
        except ValueError: calls.append("handled")
        finally: calls.append("nine")


@functools.singledispatch
def dispatched(x):
    return "any"


@dispatched.register(list)
def _(x):
    for each in x: return each


@typing.overload
def overloaded(x: int) -> int: ...
@typing.overload
def overloaded(x: str) -> str: ...
def overloaded(x):
    for _ in [0]: return x


class Generic(typing.Generic[typing.TypeVar("T")]):
    def method(self):
        for _ in [0]: return self.__orig_class__


def counter():
    count = 0
    def up(by=1):
        nonlocal count
        for _ in range(by): count += 1
        return count
    def get(): return count
    return up, get


def fibonacci():
    a, b = 0, 1
    while True:
        sent = yield a
        a, b = b, a + b if sent is None else sent


def delegate():
    while True:
        try:
            return (yield from fibonacci())
        except KeyError as error:
            yield error.args
        finally:
            calls.append("delegate")


print(Point(1, 2) < Point(1, 3), Point(3).moved(y=5), dataclasses.asdict(Point(1)), Point.__doc__,
      Point.__slots__, Point.__annotations__, Point.__match_args__)
print(Shape.registry, Square(3).area, Square.unit(), sorted(Shape.__abstractmethods__))
square = Square(2)
square.area = 16
print(square)
for attempt in (Shape, lambda: square.broken, lambda: square.other):
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__, error)
print(list(Color), Color.RED.lower, Color("green"), Flags.A | Flags.B, Flags(3), Color["RED"])
print(Made.order, Made.special, Made().method(), Made().count, vars(Made)["d"])
print(Named("n").doubled(), Named._fields, Named.__annotations__, Typed(key=1))
print(sorted([Version(2), Version(1, 5), Version(1)])[0].parts, Version(1) >= Version(0, 9))
holder = Holder([1])
print(holder.value, holder.xyz, hasattr(holder, "other"), Holder[int], sorted(vars(holder)))
holder.value = 5
print(holder.value, copy.copy(holder) == holder, copy.deepcopy(holder) == holder,
      copy.deepcopy(holder)._Holder__hidden is holder._Holder__hidden)
ordered = Ordered()
print(Ordered.one(1), Ordered.two(2), ordered.three(3), ordered.four, ordered.five(5),
      ordered.five(5), ordered.six, ordered.eight(1), ordered.eight("x"), vars(ordered))
with ordered.nine() as nine:
    raise ValueError(nine)
print(calls, Ordered.three.__wrapped__.__wrapped__.__qualname__, Ordered.five.cache_info())
print(dispatched([1]), dispatched(1), overloaded(3), len(typing.get_overloads(overloaded)))
print(Generic[int]().method(), typing.get_type_hints(overloaded), overloaded.__annotations__)
up, get = counter()
print(up(), up(3), get(), up.__closure__[0].cell_contents, up.__closure__[0] is get.__closure__[0])
numbers = delegate()
print([next(numbers) for _ in range(5)], numbers.send(10), next(numbers))
print(numbers.throw(KeyError("thrown")), next(numbers))
numbers.close()
print(calls[-2:], functools.reduce(operator.add, (x for x in range(5) if x % 2)))
print({**dict(a=1)}, [*range(3)], {x: y for x, y in zip("ab", range(2))}, {*"aab"} == {"a", "b"})
if sys.version_info >= (3, 12):
    exec('''
def first[T](values: list[T]) -> T:
    for value in values: return value
class Box[T]:
    def get[U](self, u: U) -> tuple[T, U]:
        for _ in [0]: return T, U
type Alias[T] = list[T]
print(first([1]), first.__type_params__, Box.__type_params__, Box[int]().get(1), Alias.__value__)
''')
    import _generic
    print(_generic.first([1]), _generic.first.__type_params__, _generic.Box[int]().get(2),
          _generic.Alias.__value__, _generic.Box.get.__type_params__, _generic.nested(3))
from _star import *
print(public, called(), "_hidden" in globals())
alive = weakref.WeakSet()
for kept in range(2):
    alive.add(Square(kept))
gc.collect()
print(len(alive), __annotations__, __name__, __doc__, __spec__)
