"""The shapes that clients rely on, to the letter, and what a bad request gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from .raw import Debuggee, Json, crash, ended

TEXT = "def f(n):\n    with open(__file__) as stream:\n        return 1 // n\n\nprint(f(0))\n"


def test_bodies(job: Debuggee) -> None:
    path = str(job.write("main.py", TEXT))
    dap = job.launch()
    found = crash(dap)
    described = dap.ask("daifu/describe")
    assert described == dap.ask("daifu/describe", threadId=found["threadId"])
    for body in (found, described):
        keys = {"stopId", "cell", "exception", "scenario", "hint", "frames", "resolutions"}
        assert keys <= set(body)
        cell = body["cell"]
        assert (cell["path"], cell["line"], cell["endLine"], cell["function"]) == (path, 3, 3, "f")
        assert cell["code"].strip() == "return 1 // n"
        assert body["exception"]["type"] == "ZeroDivisionError"
        assert body["exception"]["message"].endswith("by zero")
        assert body["scenario"] and body["hint"]
        assert {"retry", "skip", "raise", "return", "replace"} <= set(body["resolutions"])
        for frame in body["frames"]:
            assert {"frameId", "function", "resumable"} <= set(frame)
            assert frame["resumable"] or frame["reason"]
    frames = dap.ask("stackTrace", threadId=found["threadId"])["stackFrames"]
    assert [each["id"] for each in frames] == [each["frameId"] for each in described["frames"]]
    checked = dap.ask("daifu/validate", source={"path": path}, text=TEXT.replace("// n", "// 2"))
    assert checked["status"] == "ok"
    assert checked["resumeAt"]["line"] == 3
    assert {"function": "f", "when": "now"}.items() <= checked["effects"][0].items()
    assert (checked["refusals"], checked["warnings"]) == ([], [])
    assert dap.ask("daifu/validate", source={"path": path})["status"] == "unchanged"
    bad = dap.ask("daifu/validate", source={"path": path}, text="def f(:\n")
    assert bad["status"] == "refused"
    assert {"code", "message", "line"} <= set(bad["refusals"][0])
    cells = dap.ask("daifu/cells", source={"path": path})["cells"]
    keys = {"line", "column", "endLine", "endColumn", "function", "depth", "state"}
    assert all(keys <= set(cell) for cell in cells)
    answer = dap.ask("daifu/replaceCell", cell={"line": 3}, source={"path": path}, code="return 9")
    assert answer["functions"] == ["f"]
    assert Path(path).read_text() == TEXT
    assert not dap.events("continued")
    replaced = dap.event("daifu/replaced")
    assert {"path", "functions", "warnings", "event"} == set(replaced)
    dap.ask("daifu/resolve", action="retry", threadId=found["threadId"], stopId=found["stopId"])
    body = dap.event("daifu/recovered")
    assert {"threadId", "stopId", "resolution", "restoreMs", "journalId"} <= set(body)
    assert (body["threadId"], body["stopId"]) == (found["threadId"], found["stopId"])
    assert ended(dap) == 0
    assert dap.output() == "9\n"


def test_capabilities_and_filter(job: Debuggee) -> None:
    dap = job.stdio()
    body = dap.ask("initialize", clientID="judge", adapterID="daifu")
    assert body["supportsReplaceCellRequest"] is True
    assert body["supportsRestartFrame"] is True
    defaults = {each["filter"]: each.get("default") for each in body["exceptionBreakpointFilters"]}
    assert defaults["daifu.crash"] is True
    assert not defaults["uncaught"]


def test_bad_requests_leave_the_program_held(job: Debuggee) -> None:
    path = str(job.write("main.py", "import time\nfor i in range(2):\n    print(1 // i)\n"))
    stranger = str(job.write("stranger.py", "x = 1\n"))
    dap = job.launch()
    found = crash(dap)
    source = {"path": path}
    cases: list[tuple[Json, str]] = [
        ({"source": source, "threadId": 99}, "99"),
        ({"source": source, "threadId": "one"}, "threadId"),
        ({"source": source, "stopId": found["stopId"] + 7}, ""),
        ({"source": {"path": stranger}, "text": "x = 2\n"}, "stranger"),
        ({"source": {"path": 5}}, "path"),
        ({"source": "main.py"}, "source"),
        ({"source": source, "text": 5}, "text"),
        ({"source": source, "cell": {"line": "x"}, "code": "y"}, "line"),
        ({"source": source, "cell": {"line": 3}}, "code"),
        ({"source": source, "cell": {"line": 400}, "code": "pass"}, "400"),
        ({"source": source, "text": "for i in range(2):\n    print(1 // i\n"}, ""),
        ({"source": source, "text": "print(1)\n"}, ""),
    ]
    for arguments, named in cases:
        for command in ("daifu/replaceCell", "daifu/replaceCellAndContinue"):
            answer = dap.refused(command, **arguments)
            assert named in answer["message"], answer
    wrong: list[Json] = [
        {},
        {"action": "dance"},
        {"action": 5},
        {"action": "return", "value": "1 +"},
    ]
    for arguments in wrong:
        dap.refused("daifu/resolve", **arguments)
    dap.refused("daifu/unheard", a=1)
    assert dap.ask("daifu/describe")["stopId"] == found["stopId"]
    job.edit("main.py", ("1 // i", "1 // (i or 1)"), ("import time\n", "import time\n\n"))
    dap.ask("continue", threadId=found["threadId"])
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py")[0]


def test_a_request_while_running(job: Debuggee) -> None:
    path = str(job.write("main.py", "import time\nprint('on', flush=True)\ntime.sleep(0.7)\n"))
    dap = job.launch()
    dap.find(lambda m: m.get("event") == "output" and "on" in m["body"]["output"])
    for command in ("daifu/describe", "daifu/replaceCellAndContinue", "daifu/validate"):
        answer = dap.refused(command, source={"path": path})
        assert answer["body"]["refusals"][0]["code"].startswith("DFU")
    assert ended(dap) == 0


def test_a_file_of_300_lines_recovers_twenty_times(job: Debuggee) -> None:
    filler = "".join(f"def helper_{n}(x):\n    y = x + {n}\n    return y\n\n" for n in range(72))
    text = (
        filler + "def step(i):\n    value = i if i <= -1 else rows[i]\n    return value\n\n"
        "rows = []\nfor i in range(20):\n    print(step(i), flush=True)\n"
    )
    text += "# end\n" * (300 - text.count("\n"))
    path = job.write("main.py", text)
    dap = job.launch()
    for number in range(20):
        crash(dap)
        job.edit("main.py", (f"i <= {number - 1} ", f"i <= {number} "))
        start = len(dap.messages)
        seq = dap.post("daifu/replaceCellAndContinue", source={"path": str(path)})
        dap.find(lambda m: m.get("event") == "daifu/recovered", start)
        assert dap.answer(seq)["success"]
    assert ended(dap) == 0
    assert dap.output() == "".join(f"{n}\n" for n in range(20))


TRAIN = """\
import sys, torch
torch.manual_seed(3)
model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
opt = torch.optim.Adam(model.parameters(), lr=0.05)
data = torch.utils.data.TensorDataset(torch.randn(40, 6), torch.randint(0, 2, (40,)))
loader = torch.utils.data.DataLoader(data, batch_size=16, shuffle=True)

def train(epoch):
    model.train()
    for step, (x, y) in enumerate(loader):
        opt.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y.view(16))
        loss.backward()
        opt.step()
        print(epoch, step, f"{loss.item():.9f}", flush=True)

for epoch in range(3):
    train(epoch)
for p in model.parameters():
    print(p.detach().numpy().tobytes().hex())
"""


@pytest.mark.torch
def test_a_training_ends_with_the_weights_of_the_correct_program(job: Debuggee) -> None:
    job.write("main.py", TRAIN)
    dap = job.launch()
    found = crash(dap)
    assert found["exception"]["type"] == "RuntimeError"
    job.edit("main.py", ("y.view(16)", "y.view(-1)"))
    dap.ask("continue", threadId=found["threadId"])
    assert ended(dap) == 0
    assert dap.output() == job.plain("main.py")[0]
    assert len(dap.output().splitlines()) == 9 + 4
