"""How a program is started, written down and ended, and what is done with it, is as it is plain."""

from __future__ import annotations

import compileall
import re
import shlex
import shutil
import subprocess
import sys
import zipapp

import pytest

from tests.transparency.conftest import BOOT, ROOT, Ran, Twice

ENDINGS = (
    "in_finally in_with in_generator in_handler in_class in_thread in_comprehension at_exit in_del "
    "in_callback swallowed chained own_hook broken_hook no_hook group interrupted caught "
    "interrupted_in_thread terminated killed_by_handler aborted value_error"
)

STARTS = [
    # command, a module that is vaccinated, what the plain run must say
    ("doctested.py -v", "doctested", "***Test Failed***"),
    ("-m doctest doctested.py", "doctested", "***Test Failed***"),
    ("-m doctest doctested.txt", "doctested", "***Test Failed***"),
    ("tools.py", "tooled", "-> inner(x)"),
    (f"ending.py {ENDINGS}", "ending", "interrupted -2"),
    ("ending.py interrupted", "ending", "KeyboardInterrupt"),
    ("ending.py terminated", "ending", ""),
    ("ending.py value_error", "ending", "ValueError: of the program"),
    ("-X dev ending.py chained", "ending", "RuntimeError: instead"),
    *(
        (f"teardown.py {each}", "teardown", "handled KeyError")
        for each in ("main", "module", "cycle", "sys")
    ),
    ("-m package a b", "deep", "KeyError: 'b'"),
    ("-m package.parts", "parts", "parts alone"),
    ("-m package.inside", "__init__", "cannot be directly executed"),
    ("-m package.nothing", "__init__", "No module named"),
    ("package a", "__main__", "ImportError"),
    ("-m _broken", "", "SyntaxError"),
    ("nothing.py", "", "can't open file"),
    ("-c 'import tooled; tooled.failing(1)'", "tooled", "ZeroDivisionError"),
    ("main_guard.py a b c d e", "main_guard", "AssertionError"),
    ("main_guard.py", "main_guard", "asserts run"),
    ("-O main_guard.py", "main_guard", "Docstring."),
    ("-OO -m main_guard a", "main_guard", "the end"),
    ("-W error main_guard.py a b c d e", "main_guard", "Error"),
    ("-X dev -W ignore -O main_guard.py a b", "main_guard", "the end"),
    ("-OO tools.py", "tooled", "-> inner(x)"),
]


def unaddressed(ran: Ran) -> Ran:
    """`ran`, without the addresses of objects."""
    return Ran(ran.status, ran.out, re.sub("0x[0-9a-f]+", "0x", ran.err))


@pytest.mark.parametrize(("command", "woven", "said"), STARTS)
def test_a_program_does_the_same_however_it_is_started(
    twice: Twice, command: str, woven: str, said: str
) -> None:
    words = shlex.split(command)
    plain = unaddressed(twice.plain(*words))
    assert said in plain.out + plain.err
    for _ in ("woven", "out of the cache"):
        assert unaddressed(twice.vaccinated(*words)) == plain
    assert not woven or woven in twice.woven()


def test_a_folder_or_an_archive_is_run(twice: Twice) -> None:
    folder = twice.folder / "app"
    shutil.copytree(twice.folder / "package", folder / "package")
    (folder / "__main__.py").write_text(
        "import sys, runpy\nprint(__name__, __package__, __spec__.name, sys.argv, sys.path[0])\n"
        "sys.argv[1:] = ['a', 'b']\nrunpy.run_module('package', run_name='__main__')\n"
    )
    zipapp.create_archive(folder, twice.folder / "app.pyz", compressed=True)
    for each in ("app", "app.pyz"):
        plain = twice.check(each, "x", woven="__main__")
        assert "KeyError: 'b'" in plain.err and "the data 1" in plain.out


def test_modules_are_searched_where_the_interpreter_searches_them(twice: Twice) -> None:
    """A link is searched for where it leads to, and no folder is for a script that is not to have
    one."""
    real, links = twice.folder / "real", twice.folder / "links"
    real.mkdir()
    links.mkdir()
    (real / "script.py").write_text("import sys, beside\nprint(sys.path[:2], __file__)\n")
    (real / "beside.py").write_text("print('beside')\n")
    (real / "__main__.py").write_text("import script\n")
    (links / "link").symlink_to(real / "script.py")
    compileall.compile_file(real / "script.py", legacy=True, quiet=1)
    for words in (["links/link"], ["real/script.py"], ["real"], ["-m", "real.script"],
                  ["real/script.pyc", "a"], ["-c", "import sys; print(sys.path[:2])"]):  # fmt: skip
        for safe in ({}, {"PYTHONSAFEPATH": "1"}):
            plain = twice.plain(*words, **safe)
            assert twice.vaccinated(*words, **safe) == plain
            folder = str(ROOT / "daifu_dap")
            assert twice.plain(folder, *words, DAIFU_ON_CRASH="raise", **safe) == plain
    assert "beside" in twice.plain("links/link").out
    assert "ModuleNotFoundError" in twice.plain("links/link", PYTHONSAFEPATH="1").err


def test_a_compiled_file_knows_as_much_as_plain(twice: Twice) -> None:
    names = "sorted(globals()), __file__, __package__, __spec__, sys.argv"
    source = twice.folder / "compiled.py"
    source.write_text(f"import sys\nprint({names})\n1 / 0\n")
    compileall.compile_file(source, legacy=True, quiet=1)
    source.unlink()
    (twice.folder / "wrong.pyc").write_bytes(b"no magic, and no code at all")
    for name, said in (("compiled.pyc", "ZeroDivisionError"), ("wrong.pyc", "Bad magic")):
        plain = twice.plain(name, "a")
        assert said in plain.err
        assert twice.vaccinated(name, "a") == plain


def test_a_program_whose_working_folder_is_gone_runs_on(twice: Twice) -> None:
    lost = twice.folder / "lost"
    (twice.folder / "leaving.py").write_text(
        "import os, sys\nos.mkdir(sys.argv[1])\nos.chdir(sys.argv[1])\nos.rmdir(sys.argv[1])\n"
        "import tooled\ndef fail(n):\n    return 1 // n\ntry:\n    fail(0)\n"
        "except ZeroDivisionError as error:\n    print(error)\nfail(0)\n"
    )
    plain = twice.check("leaving.py", str(lost), woven="tooled")
    assert "ZeroDivisionError" in plain.err and "daifu" not in plain.err


@pytest.mark.parametrize("words", [["leaving.py"], ["-c", "print(1)"], ["-m", "leaving"]])
def test_a_program_starts_where_its_working_folder_is_gone(twice: Twice, words: list[str]) -> None:
    (twice.folder / "leaving.py").write_text("import sys\nprint(sys.argv)\n1 / 0\n")
    if words[0] == "leaving.py":
        words = [str(twice.folder / "leaving.py")]
    lost = twice.folder / "lost"
    enter = f"mkdir {lost}; cd {lost}; rmdir {lost}; exec "
    found = []
    for ours in ([], ["-m", "daifu_dap"]):
        command = shlex.join([sys.executable, *ours, *words, "a"])
        env = {
            **twice.inherited(),
            "PYTHONPATH": f"{ROOT}:{twice.folder}",
            "DAIFU_ON_CRASH": "raise",
        }
        found.append(
            subprocess.run(
                ["sh", "-c", enter + command], capture_output=True, text=True, env=env, timeout=100
            )
        )
    plain, ours = ((each.returncode, each.stdout, each.stderr) for each in found)
    assert ours == plain
    assert plain[1]


PROGRAM = '''\
"""Gr\u00fc\u00dfe"""
import inspect, traceback, warnings
warnings.simplefilter("always")
t\u00e9 = "na\u00efve \u00a3"; a = 1; b = [a for _ in "\u00e4\u00f6"]
\f
def first(x, \u00fc="\u00fc\u00df"):
    """D\u00f6c"""
    for \u00e9 in [x, "\t"]: # \u00a7
        if \u00e9: "\u00e9\u00e9\u00e9\u00e9", \u00e9.upper(), \u00e9.missing("\u00e9")
\f
class K\u00f6r:
\tdef m(self):
\t\ttext = """
one
  two \u00fc"""
\t\twarnings.warn("here: " + t\u00e9, stacklevel=2)
\t\ttry: first(text) ; "\u00e9"
\t\tfinally: print(ascii(text))
print(ascii(__doc__), ascii(first.__doc__), ascii(t\u00e9), ascii(first.__defaults__))
print(ascii(inspect.getsource(first)), ascii(inspect.getsource(K\u00f6r)))
try: K\u00f6r().m()
except AttributeError:
    print(ascii(traceback.format_exc()))
K\u00f6r().m()'''

TEXTS = {
    "utf_8": PROGRAM.encode(),
    "latin_1": ("# -*- coding: latin-1 -*-\n" + PROGRAM).encode("latin-1"),
    "second_line": ("#!python\n# vim: set fileencoding=cp1252 :\n" + PROGRAM).encode("cp1252"),
    "mark": b"\xef\xbb\xbf" + PROGRAM.encode(),
    "mark_and_cookie": b"\xef\xbb\xbf# coding: utf-8\r\n" + PROGRAM.replace("\n", "\r\n").encode(),
    "crlf": PROGRAM.replace("\n", "\r\n").encode(),
    "cr": PROGRAM.replace("\n", "\r").encode(),
    "mixed": PROGRAM.replace("\nclass", "\r\nclass").replace("\n  two", "\r\n  two").encode(),
    "wrong_cookie": b"# coding: nothing-known\nprint(1)\n",
    "wrong_bytes": b"print(1)\n# \xe4\n",
    "zero_byte": b"print(1)\nx = '\x00'\n",
    "unfinished": b"def f():\n    return (1,\n",
    "empty": b"",
    "comment": b"# nothing\n\n",
    "docstring": b'"""Only this."""',
    "escapes": b"import sys\nx = '\\d'\nif x is 'a':\n    1 / 0\nprint(x is 5)\nsys.exit(x)\n",
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_is_read_as_python_reads_it(twice: Twice, name: str) -> None:
    """As the main program, which is compiled at each start, and imported."""
    (twice.folder / f"{name}.py").write_bytes(TEXTS[name])
    for words in ([f"{name}.py"], ["-c", f"import {name}"], ["-W", "error", f"{name}.py"]):
        plain = twice.plain(*words, PYTHONIOENCODING="utf-8", PYTHONDONTWRITEBYTECODE="1")
        for _ in range(2):
            assert twice.vaccinated(*words, PYTHONIOENCODING="utf-8") == plain
            if words[0] == "-c":  # what is kept does not warn again, plain or not
                plain = twice.plain(*words, PYTHONIOENCODING="utf-8")
                plain = twice.plain(*words, PYTHONIOENCODING="utf-8")
    if not name.startswith(("wrong", "zero", "unfinished")):
        assert name in twice.woven()


def test_a_program_that_is_read_from_a_stream_imports_vaccinated_modules(twice: Twice) -> None:
    program = "import tooled\nfor n in [1]:\n    print(tooled.square(3))\n\ntooled.failing(n)\n"
    found = []
    for start in (
        {},
        {"PYTHONPATH": str(BOOT), "DAIFU_VACCINATE": "project", "DAIFU_ON_CRASH": "raise"},
    ):
        for options in ([], ["-"], ["-i", "-q"]):
            ran = subprocess.run(
                [sys.executable, *options], cwd=twice.folder, input=program, text=True,
                capture_output=True, timeout=100, env={**twice.inherited(), **start},
            )  # fmt: skip
            found.append((ran.returncode, ran.stdout, ran.stderr))
    assert found[:3] == found[3:]
    assert found[0][0] == 1 and "ZeroDivisionError" in found[2][2]
    assert "tooled" in twice.woven()
