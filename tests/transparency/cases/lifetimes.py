"""When things die, and what exception is current."""
import gc
import sys
import weakref

gc.disable()


class Thing:
    def __init__(self, name):
        self.name = name
        weakref.finalize(self, print, "finalized", name)

    def __del__(self):
        print("del", self.name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        print("exit", self.name, error[0])

    def __iter__(self):
        return Rows(self.name)


class Rows:
    def __init__(self, name): self.name, self.left = name, 2
    def __iter__(self): return self
    def __next__(self):
        if not self.left: raise StopIteration
        self.left -= 1
        return Thing(f"{self.name}.{self.left}")
    def __del__(self): print("del rows", self.name)


def loop():
    for row in Thing("a"):
        print("row", row.name)
    print("after the loop")
    del row
    print("row gone")
    for row in Thing("b"):
        break
    print("broken")
    for row in Thing("c"):
        del row
        return "returned"


def nested():
    for one in Thing("outer"):
        for two in Thing("inner"):
            if one.name.endswith("0"): break
        else:
            print("else")
            continue
        print("broke")
    while Thing("test").name:
        for three in Thing("in while"):
            print("in")
            break
        print("left")
        break


def managed():
    with Thing("m") as m:
        print("body", m is not None)
        del m
        print("deleted")
    print("after the with")
    with Thing("unnamed"):
        print("body")
    print("after")
    with Thing("one"), Thing("two") as two:
        print("both")
    print("after both")
    try:
        with Thing("failing"):
            for each in [Thing("in failing")]:
                raise KeyError
    except KeyError:
        print("handled", sys.exc_info()[0])
    print(sys.exc_info(), sys.exception())
    return "managed"


def raised():
    thing = Thing("local")
    try:
        raise KeyError(thing)
    except KeyError as error:
        del thing
        print("handler", sys.exception() is error)
    print("after the handler", sys.exception())
    try:
        try:
            held = Thing("held")
            {}["x"]
        finally:
            print("finally", sys.exc_info()[0])
    except KeyError:
        del held
        print("still current", sys.exc_info()[0])
        try: [][0]
        except IndexError: print(sys.exc_info()[0], sys.exception().__context__)
        print("again", sys.exc_info()[0])
    print(sys.exc_info())


def generated():
    def rows(thing):
        try:
            for row in thing:
                yield row.name
        finally:
            print("closed")
    for name in rows(Thing("g")):
        print(name)
        break
    print("generator left")
    kept = rows(Thing("kept"))
    next(kept)
    del kept
    print("generator dropped")


def leaving(thing):
    with thing:
        inner = Thing("inner of leaving")
        raise ValueError("left")


def counted():
    value = object()
    print(sys.getrefcount(value))
    for each in [value]:
        print(sys.getrefcount(value), sys.getrefcount(each))
    with open(__file__) as file:
        print(sys.getrefcount(value), not file.closed)
    del each
    print(sys.getrefcount(value))
    watched = weakref.ref(lambda: 0)
    print(watched())


def cyclic():
    class Local(Thing):
        pass
    for _ in [0]:
        local = Local("cyclic")
        local.self = local
    del local
    del Local
    print(gc.collect() > 0)


for function in (loop, nested, managed, raised, generated, counted, cyclic):
    print("====", function.__name__)
    print(function())
for attempt in range(2):
    try:
        leaving(Thing("argument"))
    except ValueError as error:
        print("caught", error, len([*iter(lambda: None, None)]))
    print("after", sys.exc_info())
for row in Thing("module"):
    print(row.name)
    break
print("module loop left")
with Thing("module with"):
    print("in")
print("module with left")
try:
    for row in Thing("failing module"):
        raise KeyError
except KeyError:
    print("handler")
print(gc.collect() >= 0)
kept = Thing("until the end")
