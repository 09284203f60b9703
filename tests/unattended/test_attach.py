"""The terminal client, in a real terminal and from scripts, against real held programs."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from daifu_dap.shell import attach, editor, prompt, running
from tests.adapter.conftest import alive, eventually

from .conftest import TIMEOUT, Place

PROGRAM = """
    import sys
    def test(data):
        total = 0
        for i, x in enumerate(data):
            total += x * data[i + 1]
        return total
    def main():
        print("total", test([1, 2, 3]), flush=True)
        print({}["second"])
        if "wait" in sys.argv:
            import time
            while True:
                time.sleep(0.05)
        print("done", flush=True)
    main()
    """

EDITOR = """\
#!/bin/sh
# What it is to do is in a file: a sed script for the file that it is called with.
echo "$@" >> called
sed -i -f script "$2"
"""

ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[=>()][0-9A-B]?)")


class Terminal:
    """A terminal in which the client runs."""

    def __init__(self, here: Place, *arguments: str, **variables: str) -> None:
        own, theirs = pty.openpty()
        env = here.environment(
            TERM="xterm-256color", PROMPT_TOOLKIT_NO_CPR="1", COLUMNS="100", LINES="40",
            XDG_STATE_HOME=str(here.folder / "state"), **variables,
        )  # fmt: skip
        env.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "daifu_dap.cli", "attach", *arguments],
            cwd=here.folder, env=env | variables, start_new_session=True,
            stdin=theirs, stdout=theirs, stderr=theirs,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # its terminal
        )  # fmt: skip
        here.processes.append(self.process)
        os.close(theirs)
        self._own, self._seen, self.raw = own, 0, ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._own, 65536):
                self.raw += data.decode(errors="replace")

    @property
    def text(self) -> str:
        return ESCAPES.sub("", self.raw).replace("\r", "")

    def expect(self, *wanted: str) -> None:
        """Wait until these come, one after the other, behind what was waited for before."""
        for each in wanted:
            deadline = time.monotonic() + TIMEOUT / 2
            while (at := self.text.find(each, self._seen)) < 0:
                assert time.monotonic() < deadline, f"no {each!r} in {self.text[self._seen :]!r}"
                time.sleep(0.02)
            self._seen = at + len(each)

    def send(self, text: str) -> None:
        os.write(self._own, text.encode())

    def ends(self) -> int:
        return self.process.wait(TIMEOUT)


def held(here: Place, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    """A program that is held, and the note that says so."""
    here.write("main.py", PROGRAM)
    process = here.start("-m", "daifu_dap", "main.py", *arguments)
    note = here.folder / f".daifu/held-{process.pid}.json"
    eventually(note.exists, TIMEOUT)
    return process, note


def say(here: Place, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "daifu_dap.cli", "attach", *arguments],
        cwd=here.folder, env=here.environment(), capture_output=True, text=True, input=text,
        timeout=TIMEOUT,
    )  # fmt: skip


def test_a_crash_is_described_edited_refused_mended_and_replaced(here: Place) -> None:
    process, note = held(here)
    here.write("nano", EDITOR).chmod(0o755)
    script = here.write("script", "s/for i, x in enumerate(data)/if x := data/\n")
    terminal = Terminal(here, EDITOR=str(here.folder / "nano"))
    terminal.expect("IndexError", "main.py:5 in test", ">     5 |", "total += x * data[i + 1]")
    terminal.expect("Hint:", "IndexError main.py:5>")
    terminal.send("dat\t")
    eventually(lambda: terminal.text.rstrip().endswith("a"), TIMEOUT)  # the difference is shown
    terminal.send("[0] + 41\r")
    terminal.expect("\n42\n", "main.py:5>")
    terminal.send("for each in data:\rprint('each', each)\r\r")
    terminal.expect("each 1", "each 3", "main.py:5>")
    terminal.send("%edit\r")
    terminal.expect("DFU0010 main.py:4: ", "if x := data:", "^^^", "nothing has changed")
    terminal.expect("main.py:5>")
    script.write_text("s/if x := data/for i, x in enumerate(data)/\ns/i + 1/(i + 1) % 3/\n")
    terminal.send("%edit\r")
    terminal.expect("test: takes effect now", "It can be applied: %replace.", "main.py:5>")
    called = (here.folder / "called").read_text().splitlines()
    assert called == [f"+{line} {here.folder / 'main.py'}" for line in (5, 5)]
    terminal.send("%replace\r")
    terminal.expect("New text: test.", "Recovered: replace", "KeyError", "main.py:9>")
    terminal.send("%nonsense\r")
    terminal.expect("%nonsense is not known", "main.py:9>")
    terminal.send("\x04")
    assert terminal.ends() == 0 and "\x1b[1;31m" in terminal.raw
    eventually(note.exists, TIMEOUT)
    history = here.folder / "state/daifu/history"
    assert "%replace" in history.read_text() and stat.S_IMODE(history.stat().st_mode) == 0o600

    terminal = Terminal(here, str(process.pid), NO_COLOR="1")
    terminal.expect("KeyError", "main.py:9>")
    terminal.send("%skip\r")
    terminal.expect("The program has ended")
    assert terminal.ends() == 0 and not re.search(r"\x1b\[[0-9;]*3[0-9](;[0-9]+)*m", terminal.raw)
    out, _ = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out) == (0, "each 1\neach 2\neach 3\ntotal 11\ndone\n")


def test_a_running_program_is_paused_and_left_and_a_lost_one_is_told(here: Place) -> None:
    process, _ = held(here, "wait")
    terminal = Terminal(here)
    terminal.expect("main.py:5>")
    terminal.send("%return 0\r")
    terminal.expect("main.py:9>")
    terminal.send("%skip\r")
    terminal.expect("Ctrl-C pauses it")
    terminal.send("\x03")
    terminal.expect("Paused at main.py:", "(paused)>")
    terminal.send("%where\r")
    terminal.expect("Paused at main.py:", "(paused)>")
    terminal.send("%continue\r")
    terminal.expect("Ctrl-C pauses it")
    assert alive(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    terminal.expect("The program has ended")
    assert terminal.ends() == 0


def test_a_script_gives_lines_and_has_statuses(here: Place) -> None:
    assert say(here, "127.0.0.1:1", "-c", "%where").returncode == 3
    done = say(here, "127.0.0.1:1", "--access-token-file", "nothing", "-c", "%where")
    assert done.returncode == 2 and "access token" in done.stderr
    process, note = held(here)
    done = say(here, "-c", "%where", "-c", "%locals", "-c", "%fix total +=", "-c", "%skip")
    assert done.returncode == 1 and "DFU0001" in done.stdout and "x = 3" in done.stdout
    eventually(note.exists, TIMEOUT)
    done = say(here, str(process.pid), "--wait", text="data.append(0)\n\n%retry\n")
    assert done.returncode == 5, done.stderr
    assert "Line 5 is tried again." in done.stdout and "data[i + 1]" in done.stdout
    eventually(note.exists, TIMEOUT)
    assert str(process.pid) in say(here, "--list").stdout
    done = say(here, "-c", "%return 'told'", "-c", "%where", "-c", "%skip", "--wait")
    assert (done.returncode, "KeyError: 'second'" in done.stdout) == (0, True), done.stdout
    out, _ = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, out) == (0, "total told\ndone\n")


SHARED = '''\
def test(x):
    if x:
        é = "é"; text = """one
            two
  three""" + x; é += "!"
    return text
print(repr(test(1)))
'''


def test_the_cell_alone_is_edited_at_its_columns_with_its_strings_as_they_are(here: Place) -> None:
    (here.folder / "main.py").write_text(SHARED, encoding="utf-8")
    process = here.start("-m", "daifu_dap", "main.py")
    note = here.folder / f".daifu/held-{process.pid}.json"
    eventually(note.exists, TIMEOUT)
    here.write("vi", "#!/bin/sh\ncp $2 seen\n. ./script\n").chmod(0o755)
    os.environ["VISUAL"] = str(here.folder / "vi")
    try:
        for script, status, wanted in (
            (":", 0, "Nothing was edited."),
            ("exit 3", 1, "vi has ended with status 3; nothing is done."),
            ("rm $2", 1, "The edited cell cannot be read"),
            ("printf '\\351' > $2", 1, "can't decode byte 0xe9"),
            ("echo 'text = (x' > $2", 1, "DFU0001 main.py:3"),
            (": > $2", 0, "Nothing is left of the cell; %replace takes it away."),
        ):
            here.write("script", f"{script}\n")
            done = say(here, "-c", "%edit --cell")
            assert (done.returncode, wanted in done.stdout) == (status, True), done
            assert done.stderr == ""
            eventually(note.exists, TIMEOUT)
        seen = (here.folder / "seen").read_text(encoding="utf-8")
        assert seen == 'text = """one\n            two\n  three""" + x\n'
        here.write("script", "sed -i 's/+ x/* 2/' $2\n")
        done = say(here, "-c", "%edit --cell", "-c", "%replace", "--wait")
    finally:
        del os.environ["VISUAL"]
    assert done.returncode == 0 and "New text: test." in done.stdout, done
    out, _ = process.communicate(timeout=TIMEOUT)
    assert out == repr("one\n            two\n  three" * 2) + "\n"
    assert (here.folder / "main.py").read_text(encoding="utf-8") == SHARED


@pytest.mark.parametrize("wanted", ["ed 'x", " "])
def test_what_is_no_editor_is_told(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("VISUAL", wanted)
    monkeypatch.setenv("EDITOR", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(editor.NoEditor):
        editor.command("a.py", 7)


def test_what_cannot_be_attached_to_is_told_in_a_line(
    here: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = subprocess.Popen(["sleep", "100"])
    here.processes.append(other)
    eventually(lambda: "sleep" in Path(f"/proc/{other.pid}/cmdline").read_text(), TIMEOUT)
    done = say(here, str(other.pid), "-c", "%where")
    said = f"daifu-dap attach: process {other.pid} is no Python program\n"
    assert (done.returncode, done.stderr) == (3, said)
    monkeypatch.setenv("PATH", "")
    assert "debugpy needs gdb" in str(running.obstacle(os.getpid()))


@pytest.mark.skipif(not shutil.which("gdb"), reason="debugpy gets into a process by gdb")
def test_a_program_that_was_started_plainly_gets_barriers(here: Place) -> None:
    text = """
        import os, time
        def step(n):
            return 6 / n if os.path.exists("go") else 0
        while not (found := step(0)):
            time.sleep(0.02)
        print("found", found, flush=True)
    """
    here.write("loop.py", text)
    process = here.start("loop.py")
    terminal = Terminal(here, str(process.pid))
    terminal.expect("1 functions that were loaded are behind crash barriers now")
    here.write("go", "")
    terminal.expect("ZeroDivisionError", "loop.py:3 in step", "loop.py:3>")
    terminal.send("n = 2\r")
    terminal.expect("loop.py:3>")
    terminal.send("%retry\r")
    terminal.expect("The program has ended")
    assert terminal.ends() == 0
    assert process.stdout is not None and process.stdout.readline() == "found 3.0\n"


def test_without_prompt_toolkit_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert attach.run("127.0.0.1:1") == 2
    said = "The terminal client needs prompt_toolkit: pip install prompt_toolkit\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("vim -n", ["vim", "-n", "+7", "a.py"]),
        ("code", ["code", "--wait", "--goto", "a.py:7"]),
        ("/x/hx", ["/x/hx", "a.py:7"]),
        ("ed", ["ed", "a.py"]),
    ],
)
def test_editors_open_at_the_line(
    monkeypatch: pytest.MonkeyPatch, wanted: str, words: list[str]
) -> None:
    monkeypatch.setenv("VISUAL", wanted)
    assert editor.command("a.py", 7) == words


def test_code_that_goes_on_is_read_on() -> None:
    goes_on = ["for x in y:", "f(", "%fix if x:", "%fix 12: with f:", "if x:\n    pass"]
    whole = ["x = 1", "%retry", "%goto 7:", "%fix x = 1", "if x:\n    pass\n", "x = ?", "f(\n1)"]
    assert [each for each in goes_on + whole if prompt.incomplete(each)] == goes_on
