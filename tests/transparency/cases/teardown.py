"""Finalizers that run when the interpreter has ended, and raise, handle and leave by exceptions."""
import sys


def look(table, key, write=sys.stderr.write):
    try:
        for each in [key]:
            with Noted(write):
                return table[each]
    finally:
        write("looked\n")


class Noted:
    def __init__(self, write): self.write = write
    def __enter__(self): return self
    def __exit__(self, kind, *rest): self.write(f"left by {kind and kind.__name__}\n")


def numbers(write=sys.stderr.write):
    try:
        for each in range(3):
            yield each
    except GeneratorExit:
        write("closed\n")
        raise
    finally:
        write("done\n")


class Last:
    def __init__(self, name): self.name = name

    def __del__(self, write=sys.stderr.write, look=look, Noted=Noted):
        write(f"{self.name} ends\n")
        try:
            look({}, self.name)
        except KeyError as error:
            write(f"handled {error!r} {error.__context__!r}\n")
        try:
            try:
                look({}, 1)
            finally:
                look([], 2)
        except* IndexError as group:
            write(f"{group.exceptions!r}\n")
        except* TypeError:
            write("never\n")
        write(f"{[look({'x': 1}, each) for each in 'x']}\n")


class Module:
    """Stands where a module does, and is let go of with them."""


where = sys.argv[1]
if where == "module":
    sys.modules["a module"] = module = Module()
    module.last = Last("in a module")
    module.running = numbers()
    next(module.running)
elif where == "main":
    kept = Last("in the main module")
    running = numbers()
    next(running)
elif where == "cycle":
    ring = [Last("in a cycle")]
    ring.append(ring)
else:
    sys.last_words = Last("in sys")
