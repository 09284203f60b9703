"""What is done with programs: profiled, timed, run, reloaded, looked at after their end."""
import cProfile
import importlib
import io
import os
import pdb
import pstats
import runpy
import sys
import timeit
import traceback

import tooled


def counts(profile):
    """How often the program's own functions were called, and by whom."""
    stats = pstats.Stats(profile).stats
    own = os.path.dirname(__file__)
    ours = lambda key: key[0].startswith(own)
    found = [
        (os.path.basename(key[0]), *key[1:], each[:2], sorted(
            (caller[1:], times[:2]) for caller, times in each[4].items() if ours(caller)))
        for key, each in stats.items() if ours(key)
    ]
    return sorted(found)


def profiled():
    profile = cProfile.Profile()
    profile.enable()
    try:
        tooled.work(4)
        tooled.failing(2)
    except ZeroDivisionError:
        pass
    finally:
        profile.disable()
    for each in counts(profile): print(each)
    again = cProfile.Profile()
    print(again.runcall(tooled.work, 3))
    for each in counts(again): print(each)


def timed():
    print(timeit.timeit("tooled.square(3)", "import tooled", number=3) >= 0)
    print(timeit.repeat(tooled.noted, number=2, repeat=2, timer=iter(range(100)).__next__))
    try:
        timeit.timeit(lambda: tooled.failing(1), number=1)
    except ZeroDivisionError:
        traceback.print_exc()
    timer = timeit.Timer("tooled.failing(1)", "import tooled")
    try:
        timer.timeit(1)
    except ZeroDivisionError:
        timer.print_exc()


def run():
    folder = os.path.dirname(__file__)
    for name in ("tooled", "other"):
        space = runpy.run_path(os.path.join(folder, "tooled.py"), {"given": 1}, name)
        print({k: v for k, v in space.items() if k in ("__name__", "__file__", "given", "VALUE")})
        print(sorted(k for k in space if "daifu" in k), space["__spec__"], space["__cached__"])
    space = runpy.run_module("tooled", {"given": 2}, "another", alter_sys=True)
    print(space["__name__"], space["__spec__"].name, space["given"], sys.modules.get("another"))
    try:
        runpy.run_module("tooled", {"fail": True}, "failed")
    except ZeroDivisionError as error:
        for each in traceback.extract_tb(error.__traceback__):
            if each.filename.startswith(folder): print(each.name, each.lineno, each.line)
    try:
        runpy.run_path(os.path.join(folder, "_broken.py"))
    except SyntaxError as error:
        print(error)


def reloaded():
    before = tooled.square, tooled.Kept
    tooled.added = 1
    print(importlib.reload(tooled) is tooled, tooled.added, tooled.square is before[0])
    print(isinstance(before[1](), tooled.Kept), tooled.__spec__.loader.name, before[0](5))
    path = tooled.__file__
    with open(path) as file:
        text = file.read()
    with open(path, "w") as file:
        file.write("# moved\n\n" + text.replace("VALUE = 1", "VALUE = 22"))
    importlib.reload(tooled)
    print(tooled.VALUE, tooled.square.__code__.co_firstlineno, before[0](6), tooled.square(6))
    try:
        tooled.failing(2)
    except ZeroDivisionError:
        traceback.print_exc()
    with open(path, "w") as file:
        file.write(text + "\n1 / 0\n")
    try:
        importlib.reload(tooled)
    except ZeroDivisionError:
        traceback.print_exc()
    print(tooled.VALUE)
    with open(path, "w") as file:
        file.write(text)


def post_mortem():
    commands = (
        "p x", "args", "up", "where", "args", "down", "where", "list", "p low", "whatis x", "ll",
        "source work", "pp __name__", "!low += 1", "p low", "quit",
    )
    out = io.StringIO()
    try:
        tooled.failing(2)
    except ZeroDivisionError as error:
        trace = error.__traceback__.tb_next
    debugger = pdb.Pdb(stdin=io.StringIO("\n".join(commands)), stdout=out)
    debugger.use_rawinput = False
    debugger.reset()
    debugger.interaction(None, trace)
    print(out.getvalue())


def main():
    profiled()
    timed()
    run()
    reloaded()
    post_mortem()


if __name__ == "__main__":
    main()
