"""What `inspect` and the functions themselves say of functions, generators and coroutines."""
import asyncio
import functools
import inspect
import pydoc
import types


# A comment in front.
@functools.lru_cache(maxsize=None)
def decorated(a: int, /, b: "str" = "x", *c: float, d, e=(1, 2), **f: dict) -> list[int]:
    """The docstring.

        Indented.
    """
    for each in c:
        with open(each) as file:
            return [file]


def only_doc():
    "Nothing else."


def plain(a, b=2):
    x = a
    for i in range(3):
        x += i
    return x


def closing(outer):
    also = 1

    def inner(z):
        nonlocal also
        for _ in [z]:
            also += outer + len([plain])
        return also
    return inner


def generator(n):
    "Generates."
    for i in range(n):
        with open(__file__):
            try:
                yield i
            finally:
                pass


async def coroutine(n):
    async with asyncio.Lock():
        for _ in range(n):
            await asyncio.sleep(0)
    return n


async def asynchronous(n):
    for i in range(n):
        yield i


class Base:
    """A class.

    With lines.
    """

    attribute = 1

    def __init__(self, value):
        self.value = value

    @property
    def doubled(self):
        "Twice."
        return 2 * self.value

    @classmethod
    def make(cls, *values, scale=1):
        return [cls(v * scale) for v in values]

    @staticmethod
    def static(x: int) -> int:
        for i in range(x):
            if i: return i

    def __mangled(self, __arg=1):
        __local = [__arg]
        for __each in __local:
            pass
        return self.__class__, sorted(locals())

    def mangled(self):
        return self.__mangled()


lambda_ = lambda x, *, y=1: [x for x in x if y]


def describe(function):
    inner = inspect.unwrap(function)
    code = inner.__code__
    print(function.__name__, function.__qualname__, function.__module__, function.__doc__)
    print(inspect.signature(function), inspect.getfullargspec(inner))
    print(inspect.getsource(function))
    print(inspect.getsourcelines(function)[1], inspect.getcomments(function))
    print(inspect.getdoc(function), inspect.getfile(inner), inspect.getmodule(inner))
    print(inner.__defaults__, inner.__kwdefaults__, inner.__annotations__, inner.__dict__)
    print([check.__name__ for check in (
        inspect.isfunction, inspect.isgeneratorfunction, inspect.iscoroutinefunction,
        inspect.isasyncgenfunction, inspect.isroutine, inspect.isbuiltin, inspect.ismethod)
        if check(inner)])
    print(code.co_name, code.co_qualname, code.co_firstlineno, code.co_argcount,
          code.co_posonlyargcount, code.co_kwonlyargcount, code.co_freevars, code.co_cellvars,
          code.co_filename, hex(code.co_flags & ~inspect.CO_NESTED),
          code.co_varnames[:code.co_argcount])
    print(sorted({line for *_, line in code.co_lines() if line and line < 1 << 20}))
    print([c.cell_contents for c in inner.__closure__ or ()], type(function), callable(function))


for each in (decorated, only_doc, plain, closing, closing(5), generator, coroutine, asynchronous,
             Base.__init__, Base.make, Base.static, Base.mangled, lambda_):
    describe(each)
print(inspect.getsource(Base), inspect.getdoc(Base), inspect.getdoc(Base.doubled))
print(Base(2).mangled(), [b.value for b in Base.make(1, 2, scale=3)], Base.static(3))
print(inspect.getsource(inspect.getmodule(plain))[:80], inspect.getclosurevars(closing(1)).nonlocals)
print(inspect.signature(plain).bind(1), inspect.getcallargs(plain, 5))
print([name for name, _ in inspect.getmembers(Base)][-8:], inspect.classify_class_attrs(Base)[-1].kind)
print(pydoc.plain(pydoc.render_doc(Base)))

running = generator(3)
print(inspect.getgeneratorstate(running), next(running), inspect.getgeneratorstate(running))
print(running.gi_running, running.gi_frame.f_lineno, running.__name__, running.__qualname__)
running.close()
print(inspect.getgeneratorstate(running), running.gi_frame, running.gi_yieldfrom)
waiting = coroutine(1)
print(inspect.getcoroutinestate(waiting), inspect.isawaitable(waiting), waiting.__qualname__)
print(asyncio.run(waiting), inspect.getcoroutinestate(waiting), waiting.cr_frame)


async def collect():
    rows = asynchronous(2)
    print(rows.ag_frame.f_lineno, rows.ag_running, rows.__name__)
    return [row async for row in rows]

print(asyncio.run(collect()))


def copied(function):
    return types.FunctionType(function.__code__, function.__globals__, "copied",
                              function.__defaults__, function.__closure__)

print(copied(plain)(1), copied(closing(2))(3))
print(sorted(n for n in globals() if not n.startswith("__")), sorted(n for n in globals() if "daifu" in n))
