"""What the client is shown at a crash stop: the person's program and nothing else."""

from __future__ import annotations

import pytest

from daifu_dap.client import RequestFailed

from .conftest import Project

DEEP = """\
def inner(n):
    value = [1, 2][n]
    return value

def outer(n):
    for k in range(n, 6):
        got = inner(k)
    return got

print(outer(0))
"""


def test_the_stack_after_recoveries_is_the_persons(project: Project) -> None:
    client = project.crashed(DEEP)
    for n in range(2, 5):
        frames = client.stack()
        assert client.locals()["n"].value == str(n)
        assert [(frame.name, frame.line) for frame in frames] == [
            ("inner", 2),
            ("outer", 7),
            ("<module>", 10),
        ]
        path = str(project.folder / "main.py")
        assert {frame.path for frame in frames} == {path}
        for frame in frames:
            assert not [name for name in client.locals(frame) if name.startswith("__daifu")]
        client.evaluate("n = 0")
        client.resolve("retry")
        client.wait_recovered()
        client.wait_crash()


def test_pages_of_a_long_stack(project: Project) -> None:
    client = project.crashed(
        """\
        def down(n):
            return down(n - 1) if n else 1 / n

        down(30)
        """
    )
    thread = client.describe().thread_id
    whole = client.request("stackTrace", threadId=thread)
    assert whole["totalFrames"] == len(whole["stackFrames"]) == 32
    paged = []
    while len(paged) < whole["totalFrames"]:
        page = client.request("stackTrace", threadId=thread, startFrame=len(paged), levels=5)
        assert page["totalFrames"] == 32
        paged += page["stackFrames"]
    assert paged == whole["stackFrames"]


def test_the_exception_is_shown_without_remarks(project: Project) -> None:
    client = project.launch("import json\njson.loads('{')\n", justMyCode=False)
    crash = client.wait_crash()
    assert crash.exception_type == "json.decoder.JSONDecodeError"
    info = client.request("exceptionInfo", threadId=crash.thread_id)
    assert info["exceptionId"] == "JSONDecodeError"
    text = str(info)
    assert "note:" not in text and "Current frame" not in text and "daifu_dap" not in text
    names = [frame.name for frame in client.stack()]
    assert names[:4] == ["raw_decode", "decode", "loads", "<module>"]
    assert "recovery" not in str([frame.path for frame in client.stack()])
    assert client.evaluate("1 + 1", client.stack()[3]) == "2"


def test_the_exception_is_explained(project: Project) -> None:
    client = project.crashed(
        """\
        def pick(items, place):
            return items[place]

        def main():
            for epoch in range(1, 4):
                for batch, (low, high) in enumerate([(0, 1), (2, 3)]):
                    pick(["a", "b", "c"], epoch + low)

        main()
        """
    )
    crash = client.describe()
    info = client.request("exceptionInfo", threadId=crash.thread_id)
    assert info["description"].split("\n\n") == [
        "list index out of range",
        "items: list of 3\nplace: int",
        crash.hint,
    ]
    assert info["details"]["message"] == "list index out of range"
    counted = [(each["name"], each["value"], each["line"]) for each in crash.body["progress"]]
    assert counted == [("epoch", 1, 5), ("batch", 1, 6), ("low", 2, 6), ("high", 3, 6)]
    assert {each["function"] for each in crash.body["progress"]} == {"main"}


def test_completions_and_scopes_hide_our_names(project: Project) -> None:
    client = project.crashed(
        """\
        def f():
            for item in [1]:
                with open("/dev/null") as stream:
                    item / 0

        f()
        """
    )
    frame = client.stack()[0]
    assert set(client.locals(frame)) == {"item", "stream"}
    found = client.request("completions", frameId=frame.id, text="__daifu", column=8)
    assert found["targets"] == []
    found = client.request("completions", frameId=frame.id, text="str", column=4)
    assert "stream" in {target["label"] for target in found["targets"]}
    modules = client.request("modules").get("modules") or ()
    assert not [module for module in modules if "daifu_dap" in str(module.get("path"))]


def test_special_variables_show_page_after_page_and_when_they_are_new(project: Project) -> None:
    client = project.crashed(
        "def f(x):\n    for k in [1]:\n        some = [7] * 9\n        return x[k]\n\nf([])\n"
    )

    def asked(reference: int, **page: int) -> list[str]:
        found = client.request("variables", variablesReference=reference, **page)
        return [each["name"] for each in found["variables"]]

    frame = client.stack()[0].id
    scope = client.request("scopes", frameId=frame)["scopes"][0]["variablesReference"]
    assert asked(scope) == asked(scope) == ["k", "some", "x"]
    entries = client.request("variables", variablesReference=scope)["variables"]
    some = next(each["variablesReference"] for each in entries if each["name"] == "some")
    pages = [asked(some, start=0, count=2) for _ in range(3)]
    assert pages == pages[:1] * 3 and "special variables" in pages[0]
    client.request("setVariable", variablesReference=scope, name="k", value="2")
    client.evaluate("__new__ = 1", frame)
    assert asked(scope) == asked(scope) == ["special variables", "k", "some", "x"]


def test_set_variable_lasts(project: Project) -> None:
    client = project.crashed("def f(n):\n    return 6 // n\n\nprint(f(0))\n")
    scopes = client.request("scopes", frameId=client.stack()[0].id)["scopes"]
    client.request(
        "setVariable", variablesReference=scopes[0]["variablesReference"], name="n", value="3"
    )
    client.continue_()
    assert client.wait_exit() == 0
    assert client.output() == "2\n"


@pytest.mark.parametrize(("filters", "stops"), [(None, True), (["daifu.crash"], True), ([], False)])
def test_the_crash_filter(project: Project, filters: list[str] | None, stops: bool) -> None:
    client = project.launch("print([][0])\n", filters=filters)
    if stops:
        client.wait_crash()
        client.resolve("raise")
    assert client.wait_exit() == 1
    assert client.output("stderr").count("IndexError") == 1
    assert client.wire.pending("stopped") == 0


HANDLED = """
def f(kind):
    try:
        raise kind("first")
    except LookupError as error:
        print("handled", error)
for kind in (KeyError, IndexError):
    f(kind)
print(1 / 0)
"""


@pytest.mark.parametrize(("condition", "held"), [
    ("ZeroDivisionError", ["ZeroDivisionError"]), ("OSError, !KeyError", []),
    ("*", ["KeyError", "IndexError", "ZeroDivisionError"]),
    ("*, LookupError, !IndexError", ["KeyError"]), ("no good", ["ZeroDivisionError"]),
])  # fmt: skip
def test_a_condition_widens_and_narrows_the_crash_filter(
    project: Project, condition: str, held: list[str]
) -> None:
    wanted = [{"filterId": "daifu.crash", "condition": condition}]
    client = project.launch(HANDLED, filters=wanted)
    assert client.capabilities["supportsExceptionFilterOptions"]
    for kind in held:
        assert client.wait_crash().exception_type == kind
        client.resolve("raise")
    assert client.wait_exit() == 1
    assert client.output().count("handled") == 2
    assert client.wire.pending("stopped") == 0


def test_a_condition_can_be_changed_while_a_crash_is_held(project: Project) -> None:
    client = project.launch(HANDLED, filters=["daifu.crash", "uncaught"])
    assert client.wait_crash().exception_type == "ZeroDivisionError"
    client.resolve("skip")
    assert client.wait_exit() == 0
    client = project.launch(HANDLED, filters=[{"filterId": "daifu.crash", "condition": "*"}])
    assert client.wait_crash().exception_type == "KeyError"
    answers = client.set_filters([{"filterId": "daifu.crash", "condition": "no good"}])
    assert [each["verified"] for each in answers] == [False] and "'no good'" in answers[0][
        "message"
    ]
    assert client.set_filters(["daifu.crash"]) == [{"verified": True}]
    client.resolve("skip")
    assert client.wait_crash().exception_type == "ZeroDivisionError"
    client.resolve("skip")
    assert client.wait_exit() == 0


def test_an_exception_in_the_console_does_not_stop_again(project: Project) -> None:
    client = project.crashed("def f(n):\n    return 1 // n\n\nprint(f(0))\n")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        client.evaluate("f(0)")
    client.resolve("return", value="5")
    assert client.wait_exit() == 0
    assert client.output() == "5\n"


def test_an_exception_in_the_console_at_a_breakpoint_does_not_stop(project: Project) -> None:
    text = "def f(n):\n    return 1 // n\n\nprint('here')\nprint('end')\n"
    main = str(project.write("main.py", text))
    client = project.launch(None, breakpoints={main: [4]})
    stop = client.wait_stopped()
    assert stop.reason == "breakpoint"
    with pytest.raises(Exception, match="ZeroDivisionError"):
        client.evaluate("f(0)", client.stack(stop.thread_id)[0])
    client.continue_(stop.thread_id)
    assert client.wait_exit() == 0


@pytest.mark.parametrize("line", [3, None])
def test_an_end_of_the_program_in_the_console_is_answered_and_ends_nothing(
    project: Project, line: int | None
) -> None:
    main = str(
        project.write("main.py", "def f(n):\n    return 1 // n\nprint('here')\nprint(f(0))\n")
    )
    client = project.launch(None, breakpoints={main: [line]} if line else {})
    stop = client.wait_stopped()
    frame = client.stack(stop.thread_id)[0]
    for text in ("exit(3)", "raise SystemExit(3)", "import sys\nsys.exit(3)"):
        with pytest.raises(Exception, match="SystemExit: 3"):
            client.evaluate(text, frame)
        with pytest.raises(Exception, match="Exit"):
            client.evaluate("exit(3)", frame, context="watch")
    if line:
        client.continue_(stop.thread_id)
        client.wait_crash()
    client.resolve("return", value="5")
    assert client.wait_exit() == 0
    assert client.output() == "here\n5\n"
    assert "internal command" not in client.output("stderr")


def test_an_error_in_the_console_at_a_crash_is_told_alone(project: Project) -> None:
    client = project.launch("def f(n):\n    return 1 // n\nprint(f(0))\n")
    frame = client.stack(client.wait_crash().thread_id)[0]
    inner = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    f.lacking"
    for text, error in (("lacking", "NameError"), ("x = lacking", "NameError"), (inner, "lacking")):
        with pytest.raises(RequestFailed, match=error) as failed:
            client.evaluate(text, frame)
        said = str(failed.value)
        assert "return 1 // n" not in said
        assert ("During handling" in said) == (text is inner)
    with pytest.raises(RequestFailed, match="lacking") as failed:
        client.evaluate("lacking", frame, context="watch")
    assert "return 1 // n" not in str(failed.value)
    assert client.evaluate("__import__('sys').exception()", frame).startswith("ZeroDivisionError")
