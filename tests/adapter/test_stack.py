"""What must not show does not, and everything else is as debugpy gave it."""

from __future__ import annotations

from daifu_dap.adapter import stack
from daifu_dap.vaccine.names import HIDDEN_LINE, slot


def frame(number: int, name: str, path: str = "/p/train.py", line: int = 1) -> dict[str, object]:
    return {"id": number, "name": name, "line": line, "source": {"path": path}}


RECOVERED = [
    frame(1, "train (Current frame)", line=7),
    frame(2, "run", stack.PACKAGE + "recovery/drive.py", 30),
    frame(3, "train", line=HIDDEN_LINE),
    frame(4, "main", line=12),
    frame(5, "<module>", line=20),
]


def names(body: dict[str, object]) -> list[object]:
    frames = body["stackFrames"]
    assert isinstance(frames, list)
    return [each["name"] for each in frames]


def test_a_recovered_function_is_on_the_stack_once() -> None:
    body = stack.trace({}, {"stackFrames": RECOVERED, "totalFrames": 5})
    assert names(body) == ["train", "main", "<module>"]
    assert body["totalFrames"] == 3


def test_pages_are_cut_from_what_is_visible() -> None:
    whole = {"stackFrames": RECOVERED, "totalFrames": 5}
    first = stack.trace({"startFrame": 0, "levels": 2}, whole)
    second = stack.trace({"startFrame": 2, "levels": 2}, whole)
    assert (names(first), names(second)) == (["train", "main"], ["<module>"])
    assert first["totalFrames"] == second["totalFrames"] == 3
    assert names(stack.trace({"startFrame": 1, "levels": 0}, whole)) == ["main", "<module>"]


def test_a_frame_that_raised_again_is_shown_once() -> None:
    twice = [frame(1, "f"), frame(1, "f"), frame(2, "g")]
    assert names(stack.trace({}, {"stackFrames": twice})) == ["f", "g"]


def test_hidden_names_are_in_no_list() -> None:
    variables = {"variables": [{"name": slot(0)}, {"name": "x"}]}
    assert stack.variables(variables) == {"variables": [{"name": "x"}]}
    targets = {"targets": [{"label": slot(1)}, {"label": "x"}]}
    assert stack.completions({}, targets) == {"targets": [{"label": "x"}]}
    modules = {"modules": [{"path": stack.PACKAGE + "a.py"}, {"path": "/p/x.py"}]}
    assert stack.modules({}, modules) == {"modules": [{"path": "/p/x.py"}], "totalModules": 1}


def test_the_remarks_of_pydevd_are_taken_out() -> None:
    text = "IndexError       (note: full exception trace is shown but execution is paused at: f)"
    assert stack.plain(text) == "IndexError"
    trace = (
        '  File "/p/lib.py", line 3, in pick\n    return xs[9]\n           ~~^^^\n'
        f'  File "{stack.PACKAGE}recovery/drive.py", line 3, in drive\n    run()\n'
        f'  File "/p/train.py", line {HIDDEN_LINE}, in train\n'
        '  File "/p/train.py", line 7, in train (Current frame)\n    pick(xs)\n'
        "IndexError: list index out of range\n"
    )
    body = {"exceptionId": text, "details": {"stackTrace": trace, "typeName": "IndexError"}}
    assert stack.exception_info({}, body) == {
        "exceptionId": "IndexError",
        "details": {
            "typeName": "IndexError",
            "stackTrace": (
                '  File "/p/lib.py", line 3, in pick\n    return xs[9]\n           ~~^^^\n'
                '  File "/p/train.py", line 7, in train\n    pick(xs)\n'
                "IndexError: list index out of range\n"
            ),
        },
    }


def test_bodies_of_another_shape_pass_through() -> None:
    for body in ({}, {"stackFrames": None}, {"other": 1}):
        assert stack.trace({}, body) == body
        assert stack.variables(body) == body
