"""How sessions go: several crashes, edits of all kinds, ways of launching, ways out."""

from __future__ import annotations

import json

import pytest

from .raw import Debuggee, crash, ended, stack, variables

LOOP = """\
import sys
def step(i):
    return 10 // (i - 1)

for i in range(3):
    print("step", i, flush=True)
    print(step(i))
print("end", sys.argv[1:])
"""


def test_twice_and_a_refused_edit_between(job: Debuggee) -> None:
    path = job.write(
        "main.py",
        "def first(i):\n    return one + i\n\nfor i in range(3):\n    a = first(i)\n"
        "    b = [1, 2][i]\n    print(a, b, i)\nprint(three)\n",
    )
    dap = job.launch()
    found = crash(dap)
    job.edit("main.py", ("one + i", "one + (i"))
    answer = dap.refused("daifu/replaceCellAndContinue", source={"path": str(path)})
    [refusal] = answer["body"]["refusals"]
    assert (refusal["code"], refusal["line"]) == ("DFU0001", 2)
    assert dap.refused("continue", threadId=found["threadId"])["body"]["refusals"]
    assert dap.ask("daifu/validate", source={"path": str(path)})["status"] == "refused"
    assert dap.ask("evaluate", expression="i", frameId=found["frames"][0]["frameId"])["result"]
    job.edit("main.py", ("one + (i", "100 + i"))
    dap.ask("daifu/replaceCellAndContinue", source={"path": str(path)})
    second = crash(dap)
    assert second["cell"]["line"] == 6
    answer = dap.refused("daifu/validate", source={"path": str(path)}, stopId=found["stopId"])
    assert answer["body"]["refusals"][0]["code"].startswith("DFU")
    job.edit("main.py", ("[1, 2][i]", "[1, 2, 3][i"))
    dap.refused("continue", threadId=second["threadId"])
    job.edit("main.py", ("[1, 2, 3][i", "[1, 2, 3][i]"))
    dap.ask("continue", threadId=second["threadId"])
    third = crash(dap)
    assert third["exception"] == {"type": "NameError", "message": "name 'three' is not defined"}
    job.edit("main.py", ("print(three)", "three = 3\nprint(three)"))
    dap.ask("continue", threadId=third["threadId"])
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py")[0]
    assert len(dap.events("daifu/recovered")) == 3
    assert len({found["stopId"], second["stopId"], third["stopId"]}) == 3


EDITS = {
    "an import": [("import sys\n", "import sys\nimport math\n"), ("(i - 1)", "math.ceil(i + 0.5)")],
    "a helper above": [
        ("def step", "LEAST = 1\n\ndef safe(n):\n    return max(n, LEAST)\n\ndef step"),
        ("(i - 1)", "safe(i - 1)"),
    ],
    "more lines before": [
        ("    return 10", "    j = i\n    k = j or 3\n    return 10"),
        ("(i - 1)", "(k + 1)"),
    ],
    "wrapped in try": [
        (
            "    return 10 // (i - 1)",
            "    try:\n        return 10 // (i - 1)\n    except ZeroDivisionError:\n"
            "        return 'none'",
        )
    ],
    "wrapped in if": [("    return 10 // (i - 1)", "    if i != 1:\n        return 10 // (i - 1)")],
}


@pytest.mark.parametrize("kind", EDITS)
def test_edits(job: Debuggee, kind: str) -> None:
    text = LOOP.replace("range(3)", "(1, 2)") if kind == "an import" else LOOP
    job.write("main.py", text.replace("range(3)", "(1, 0, 2)"))
    dap = job.launch()
    found = crash(dap)
    job.edit("main.py", *EDITS[kind])
    checked = dap.ask("daifu/validate")
    assert checked["status"] == "ok"
    dap.ask("continue", threadId=found["threadId"])
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py")[0]


def test_a_class_that_gets_a_method_and_another_file_changed_at_once(job: Debuggee) -> None:
    job.write("shape.py", "def area(w):\n    return w.width * w.height\n")
    text = (
        "import shape\nclass Box:\n    def __init__(self, width):\n        self.width = width\n"
        "    def total(self):\n        return self.height() + 1\n\n"
        "for w in (1, 2):\n    print(Box(w).total(), shape.area(Box(w)))\n"
    )
    job.write("main.py", text)
    dap = job.launch()
    found = crash(dap)
    job.edit("main.py", ("    def total", "    def height(self):\n        return 7\n    def total"))
    job.edit("shape.py", ("w.height", "w.height()"))
    dap.ask("continue", threadId=found["threadId"])
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py")[0] == "8 7\n8 14\n"
    assert len(dap.events("daifu/replaced")) == 2


def test_carriage_returns_and_a_mark_at_the_beginning(job: Debuggee) -> None:
    text = "\ufeffd = {'ä': 'ö'}\nfor k in 'äü':\n    print('a',\n      d[k])\nprint('ß')\n"
    job.write("main.py", text, newline="\r\n")
    dap = job.launch()
    found = crash(dap)
    assert found["cell"]["line"] == 3
    path = job.edit("main.py", ("d[k]", "d.get(k, '日本')"))
    dap.ask("daifu/replaceCellAndContinue", source={"path": str(path)})
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py", PYTHONUTF8="1")[0].replace("\r", "")
    assert path.read_bytes().count(b"\r\n") == 5


def test_arguments_environment_and_no_folder_given(job: Debuggee) -> None:
    text = LOOP.replace("sys.argv[1:]", "sys.argv[1:], __import__('os').environ['COLOUR']")
    job.write("main.py", text)
    dap = job.launch(
        job.stdio(cwd=job.folder.parent), cwd=None, args=["-x", "ü b"], env={"COLOUR": "rot"}
    )
    found = crash(dap)
    job.edit("main.py", ("(i - 1)", "(i - 1 or 1)"))
    dap.ask("continue", threadId=found["threadId"])
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py", "-x", "ü b", COLOUR="rot", PYTHONUTF8="1")[0]


@pytest.mark.parametrize("way", ["module", "program"])
def test_a_package(job: Debuggee, way: str) -> None:
    job.write("pack/__init__.py", "")
    job.write("pack/sub/__init__.py", "from .deep import pick\n")
    job.write("pack/sub/deep.py", "from ..values import ROWS\n\ndef pick(i):\n    return ROWS[i]\n")
    job.write("pack/values.py", "ROWS = [5, 6]\n")
    main = "from pack.sub import pick\nprint(__name__, [pick(i) for i in range(3)])\n"
    job.write("pack/__main__.py", main.replace("pack.sub", ".sub"))
    job.write("main.py", main)
    dap = job.launch(module="pack") if way == "module" else job.launch()
    found = crash(dap)
    assert found["cell"]["path"].endswith("deep.py")
    job.edit("pack/sub/deep.py", ("ROWS[i]", "ROWS[i % 2]"))
    dap.ask("continue", threadId=found["threadId"])
    assert ended(dap) == 0
    assert dap.output() == job.plain(*(("-m", "pack") if way == "module" else ("main.py",)))[0]


def test_values_mended_by_hand(job: Debuggee) -> None:
    path = job.write(
        "main.py",
        "def f(x, by):\n    y = x / by\n    z = {}[y]\n    return z\n\nn = 0\nprint(f(6, n))\n"
        "print(6 / n)\n",
    )
    dap = job.launch()
    found = crash(dap)
    frame = found["frames"][0]["frameId"]
    scopes = dap.ask("scopes", frameId=frame)["scopes"]
    dap.ask("setVariable", variablesReference=scopes[0]["variablesReference"], name="by", value="2")
    answer = dap.ask("daifu/replaceCellAndContinue", source={"path": str(path)})
    assert answer["status"] == "unchanged"
    found = crash(dap)
    assert found["exception"] == {"type": "KeyError", "message": "3.0"}
    dap.ask("daifu/resolve", action="return", value="[by, y]")
    found = crash(dap)
    frame = found["frames"][0]["frameId"]
    dap.ask("evaluate", expression="n = 4", frameId=frame, context="repl")
    dap.ask("daifu/resolve", action="retry")
    assert ended(dap) == 0
    assert dap.output() == "[2, 3.0]\n1.5\n"


def test_skip_and_raise(job: Debuggee) -> None:
    job.write(
        "main.py", "def f(n):\n    x = 'old'\n    x = 1 / n\n    return x\n\nprint(f(0))\nf(0)\n"
    )
    dap = job.launch()
    crash(dap)
    dap.ask("daifu/resolve", action="skip")
    crash(dap)
    dap.ask("daifu/resolve", action="raise")
    code = ended(dap)
    job.edit("main.py", ("print(f(0))", "print('old')"))
    out, err, wanted = job.plain("main.py")
    assert (dap.output(), code) == (out, wanted) == ("old\n", 1)
    assert dap.output("stderr").startswith("Traceback")
    assert dap.output("stderr").endswith(err.partition("\n")[2])


@pytest.mark.parametrize("filters", [["daifu.crash", "userUnhandled", "uncaught"], ["uncaught"]])
def test_what_was_let_go_does_not_stop_again(job: Debuggee, filters: list[str]) -> None:
    job.write(
        "main.py",
        "import helper\ndef f(n):\n    with open(__file__):\n        return helper.g(n)\n\n"
        "try:\n    f(0)\nexcept KeyError:\n    pass\n",
    )
    job.write(
        "helper.py", "def g(n):\n    try:\n        return 1 / n\n    finally:\n        n = 1\n"
    )
    dap = job.launch(filters=filters)
    if "daifu.crash" in filters:
        crash(dap)
        dap.ask("daifu/resolve", action="raise")
    else:
        stopped = dap.event("stopped")
        assert not dap.events("daifu/crash")
        dap.ask("continue", threadId=stopped["threadId"])
    assert ended(dap) == 1
    assert dap.output("stderr").count("ZeroDivisionError") == 1


def test_steps_in_a_recovered_frame(job: Debuggee) -> None:
    job.write(
        "main.py",
        "def f(n):\n    for k in (0, 1):\n        with open(__file__):\n            x = 1 / k\n"
        "            y = x + n\n        z = y\n    return z\n\nr = f(5)\nprint(r)\n",
    )
    dap = job.launch(breakpoints={"main.py": [5]})
    thread = crash(dap)["threadId"]
    job.edit("main.py", ("1 / k", "1 / (k or 2)"))
    dap.ask("continue", threadId=thread)
    seen = []
    for _ in range(13):
        dap.event("stopped")
        shown = stack(dap, thread)
        seen.append(shown[0][2])
        assert [name for name, _, _ in shown][-1] == "<module>"
        assert len(shown) == (2 if shown[0][0] == "f" else 1), shown
        if shown[0] == ("<module>", "main.py", 10):
            break
        dap.ask("next", threadId=thread)
    assert seen == [5, 3, 6, 2, 3, 4, 5, 3, 6, 2, 7, 9, 10]
    dap.ask("continue", threadId=thread)
    assert ended(dap) == 0
    assert dap.output() == "6.0\n"


def test_a_dead_generator_is_never_taken_for_the_end_of_the_loop(job: Debuggee) -> None:
    job.write("main.py", "for n in (1 // k for k in (1, 0, 2)):\n    print(n)\nprint('end')\n")
    dap = job.launch()
    found = crash(dap)
    refusal = dap.refused("continue", threadId=found["threadId"])["body"]["refusals"][0]
    assert refusal["code"].startswith("DFU")
    dap.ask("daifu/resolve", action="raise")
    assert ended(dap) == 1
    assert "end" not in dap.output()


@pytest.mark.parametrize("filters", [None, ["daifu.crash"], []])
def test_a_program_that_handles_its_exceptions_never_stops(
    job: Debuggee, filters: list[str] | None
) -> None:
    job.write(
        "main.py",
        "import contextlib, sys\ndef f(n):\n    return 1 // n\n\ndef g(n):\n    try:\n"
        "        return f(n)\n    except ZeroDivisionError as e:\n        return str(e)\n"
        "    finally:\n        print('finally')\n\nprint(g(0))\n"
        "with contextlib.suppress(KeyError):\n    {}['x']\n"
        "print(list(iter([1].pop, 2)) if len(sys.argv) > 5 else next(iter([]), 'none'))\n"
        "print(hasattr(object(), 'y'), getattr(f, 'z', 3), [*range(2)])\n"
        "sys.stdout.write('no newline')\nsys.stderr.write('wrong')\nsys.exit(7)\n",
    )
    dap = job.launch(filters=filters)
    code = ended(dap)
    assert (dap.output(), dap.output("stderr"), code) == job.plain("main.py")
    assert code == 7


def test_the_stack_of_a_recovered_frame(job: Debuggee) -> None:
    job.write(
        "main.py",
        "def inner(n):\n    value = [1, 2][n]\n    word = 'w'\n    return value\n\n"
        "def outer(n):\n    for k in range(n, 4):\n        with open(__file__) as stream:\n"
        "            got = inner(k)\n            print(k, got)\n    return got\n\n"
        "print(outer(1))\n",
    )
    dap = job.launch(breakpoints={"main.py": [3]})
    for _ in range(2):
        stopped = dap.event("stopped", "daifu/crash")
        if "cell" in stopped:
            break
        dap.ask("continue", threadId=stopped["threadId"])
    assert dap.event("stopped")["reason"] == "exception"
    thread = stopped["threadId"]
    wanted = [("inner", "main.py", 2), ("outer", "main.py", 9), ("<module>", "main.py", 13)]
    assert stack(dap, thread) == wanted
    job.edit("main.py", ("def inner", "\ndef inner"), ("[1, 2][n]", "[1, 2, 3, 4][n]"))
    dap.ask("continue", threadId=thread)
    stopped = dap.event("stopped")
    assert stopped["reason"] == "breakpoint", dap.account()
    shown = stack(dap, thread)
    assert [name for name, _, _ in shown] == ["inner", "outer", "<module>"]
    assert shown[0][2] == 4  # it has moved with its statement
    assert variables(dap, thread)["n"] == "2"
    for number in range(3):
        names = variables(dap, thread, frame=number)
        assert not [name for name in names if "daifu" in name], names
    frame = dap.ask("stackTrace", threadId=thread)["stackFrames"][1]["id"]
    targets = dap.ask("completions", frameId=frame, text="", column=1)["targets"]
    assert "stream" in json.dumps(targets)
    assert "__daifu" not in json.dumps(targets)
    dap.ask("setBreakpoints", source={"path": str(job.folder / "main.py")}, breakpoints=[])
    dap.ask("continue", threadId=thread)
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py")[0]


def test_steps_see_the_persons_lines_only(job: Debuggee) -> None:
    job.write(
        "main.py",
        "def work(n):\n    total = 0\n    for i in range(2):\n"
        "        with open(__file__) as stream:\n            total += n\n    try:\n"
        "        total += 1\n    finally:\n        total += 2\n    while total > 100:\n"
        "        total -= 1\n    return total\n\nprint(work(3))\nprint('end')\n",
    )

    def steps(vaccinate: str) -> list[tuple[str, str, int]]:
        dap = job.launch(breakpoints={"main.py": [2]}, vaccinate=vaccinate)
        thread = dap.event("stopped")["threadId"]
        seen = [stack(dap, thread)[0]]
        while seen[-1] != ("<module>", "main.py", 15):
            assert len(seen) < 40, seen
            dap.ask("next", threadId=thread)
            assert dap.event("stopped")["reason"] == "step"
            seen.append(stack(dap, thread)[0])
        dap.ask("continue", threadId=thread)
        assert ended(dap) == 0
        return seen

    assert steps("project") == steps("none")


def test_the_rest_of_the_body_that_crashed_and_of_its_caller(job: Debuggee) -> None:
    job.write(
        "main.py",
        "def f(n):\n    x = 1 / n\n    print('rest', x)\n    return x\n\n"
        "for n in (0, 1):\n    f(n)\n    print({}[n])\nprint('end')\n",
    )
    dap = job.launch()
    found = crash(dap)
    job.edit("main.py", ("1 / n", "1 / (n or 4)"), ("'rest'", "'more'"), ("'end'", "'over'"))
    checked = dap.ask("daifu/validate")
    when = {each["function"]: each["when"] for each in checked["effects"]}
    assert when == {"f": "now", "<module>": "now"}, "the module's own body takes it, too"
    assert not checked["warnings"]
    dap.ask("continue", threadId=found["threadId"])
    found = crash(dap)
    dap.find(lambda _: dap.output() == "more 0.25\n")  # which may come after the crash
    job.edit("main.py", ("{}[n]", "n"), ("'over'", "'at last'"))
    dap.ask("continue", threadId=found["threadId"])
    assert ended(dap) == 0
    assert dap.output() == "more 0.25\n0\nmore 1.0\n1\nat last\n"
