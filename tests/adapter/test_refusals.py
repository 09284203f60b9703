"""Bad input: a failed answer with the field or the number, and the program still recoverable."""

from __future__ import annotations

from typing import Any

import pytest

from daifu_dap.client import Client, RequestFailed

from .conftest import Project

PROGRAM = "x = [1]\nfor i in range(2):\n    print(x[i])\nprint('end')\n"


def recovers(client: Client, project: Project) -> None:
    """See that the program is held as before, and recover it."""
    crash = client.describe()
    project.write("main.py", PROGRAM.replace("x[i]", "x[0]"))
    client.replace_cell_and_continue(crash.path)
    assert client.wait_recovered()["stopId"] == crash.stop_id
    assert client.wait_exit() == 0
    assert client.output() == "1\n1\nend\n"


def test_every_fault_is_named_and_nothing_has_changed(project: Project) -> None:
    client = project.crashed(PROGRAM)
    main = str(project.folder / "main.py")
    source = {"path": main}
    faults: list[tuple[str, dict[str, Any], str, str]] = [
        ("daifu/validate", {"threadId": "1"}, "DFU0021", "threadId"),
        ("daifu/validate", {"threadId": 999}, "DFU0005", "999"),
        ("daifu/validate", {"stopId": 999, "source": source}, "DFU0004", "999"),
        ("daifu/validate", {"stopId": [], "source": source}, "DFU0021", "stopId"),
        ("daifu/replaceCell", {"source": main}, "DFU0021", "source"),
        ("daifu/replaceCell", {"source": {"path": "/none.py"}}, "DFU0002", "/none.py"),
        ("daifu/replaceCell", {"source": source, "text": 1}, "DFU0021", "text"),
        ("daifu/replaceCellAndContinue", {"source": source, "text": "if"}, "DFU0001", "parse"),
        ("daifu/replaceCellAndContinue", {"source": source, "cell": 3}, "DFU0021", "cell"),
        (
            "daifu/replaceCellAndContinue",
            {"source": source, "cell": {"line": 99}, "code": "x"},
            "DFU0019",
            "99",
        ),
        ("daifu/resolve", {}, "DFU0021", "action"),
        ("daifu/resolve", {"action": "explode"}, "DFU0020", "explode"),
        ("daifu/resolve", {"action": "return", "value": 3}, "DFU0021", "value"),
        ("daifu/resolve", {"action": "raise", "value": "nope"}, "DFU0018", "nope"),
        ("daifu/resolve", {"action": "raise", "value": "3"}, "DFU0018", "not an exception"),
        ("daifu/resolve", {"action": "goto"}, "DFU0021", "line"),
        ("daifu/resolve", {"action": "restartFrame", "frameId": 12345}, "DFU0022", "12345"),
        ("daifu/cells", {}, "DFU0021", "source"),
        ("restartFrame", {}, "DFU0021", "frameId"),
    ]
    for command, arguments, code, named in faults:
        with pytest.raises(RequestFailed) as caught:
            client.request(command, **arguments)
        error = caught.value
        assert (error.codes, named in error.message) == ([code], True), (command, arguments, error)
        assert error.body["error"]["id"] == int(code.removeprefix("DFU"))
        assert error.body["error"]["showUser"] is not error.command.startswith("daifu/")
        assert error.body["refusals"][0]["message"] == error.message
    recovers(client, project)


def test_a_dry_run_tells_what_would_be_refused(project: Project) -> None:
    client = project.crashed(PROGRAM)
    verdict = client.validate(project.folder / "main.py", PROGRAM.replace("for i", "for"))
    assert verdict["status"] == "refused"
    assert [each["code"] for each in verdict["refusals"]] == ["DFU0001"]
    assert verdict["refusals"][0]["line"] == 2
    verdict = client.validate(project.folder / "main.py", PROGRAM.replace("x[i]", "x[0]"))
    assert (verdict["status"], verdict["resumeAt"]["line"]) == ("ok", 3)
    recovers(client, project)


def test_a_request_while_the_program_runs(project: Project) -> None:
    client = project.launch("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    client.wait_output("up")
    for command in ("daifu/describe", "daifu/validate", "daifu/replaceCell", "daifu/resolve"):
        with pytest.raises(RequestFailed) as caught:
            client.request(command, action="retry")
        assert caught.value.codes == ["DFU0008"], command
    assert client.journal() == []


def test_a_request_about_a_crash_at_a_breakpoint(project: Project) -> None:
    client = project.launch("breakpoint()\nprint('on')\n")
    client.wait_stopped()
    for command in ("daifu/describe", "daifu/resolve"):
        with pytest.raises(RequestFailed) as caught:
            client.request(command, action="skip")
        assert caught.value.codes == ["DFU0006"], command
    client.request("continue", threadId=1)
    client.wait_output("on")


def test_a_request_that_nobody_knows(project: Project) -> None:
    client = project.crashed(PROGRAM)
    for command in ("restart", "daifu/unknown", "readMemory", "disassemble", "stepBack"):
        with pytest.raises(RequestFailed, match=f"{command} is not a request"):
            client.request(command, timeout=5)
    recovers(client, project)


def test_an_attribute_that_is_not_allowed_fails_the_launch(project: Project) -> None:
    with pytest.raises(RequestFailed, match="onDisconnect must be one of") as caught:
        project.launch(PROGRAM, onDisconnect="never")
    assert caught.value.codes == ["DFU0021"]


def test_a_file_that_vanished_or_cannot_be_read(project: Project) -> None:
    client = project.crashed(PROGRAM)
    path = project.folder / "main.py"
    path.write_bytes(b"x = '\xff'\n")
    with pytest.raises(RequestFailed) as caught:
        client.replace_cell_and_continue(path)
    assert caught.value.codes == ["DFU0003"]
    path.unlink()
    with pytest.raises(RequestFailed) as caught:
        client.replace_cell_and_continue(path)
    assert caught.value.codes == ["DFU0003"]
    recovers(client, project)


def test_an_edit_whose_new_statement_raises_is_rolled_back(project: Project) -> None:
    client = project.crashed(PROGRAM)
    main = project.folder / "main.py"
    text = "import not_there_at_all\n" + PROGRAM.replace("x[i]", "x[0]")
    with pytest.raises(RequestFailed) as caught:
        client.replace_cell_and_continue(main, text)
    assert caught.value.codes == ["DFU0016"]
    recovers(client, project)


UNTRIED = """\
import array
sink = array.array("i", [0])
def helper():
    return "old"
for sink[0] in ["bad", 2]:
    print("pass", helper(), flush=True)
print("end", helper())
"""


def test_an_edit_whose_retry_would_be_refused_is_not_applied(project: Project) -> None:
    client = project.crashed(UNTRIED)
    main = project.folder / "main.py"
    text = UNTRIED.replace('"old"', '"new"')
    with pytest.raises(RequestFailed) as caught:
        client.replace_cell_and_continue(main, text)
    assert caught.value.codes == ["DFU0022"]
    main.write_text(text)
    with pytest.raises(RequestFailed) as caught:
        client.continue_()
    assert caught.value.codes == ["DFU0022"]
    assert client.evaluate("helper()") == "'old'"
    client.replace_cell(main)  # which stays stopped
    assert client.evaluate("helper()") == "'new'"
    client.resolve("skip")
    assert client.wait_exit() == 0
    assert client.output() == "pass new\nend new\n"
