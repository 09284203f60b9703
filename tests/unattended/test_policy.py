"""Policies: rules that answer crashes, and what is said of one that is wrong."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.client import RequestFailed
from daifu_dap.common import rules as form
from daifu_dap.common import settings
from daifu_dap.common.rules import PolicyError
from daifu_dap.recovery import rules
from tests.kernel.conftest import Lab
from tests.kernel.conftest import lab as lab  # the fixture

from .conftest import Place

WRONG = {
    '[[rules]]\nexeption = "OSError"\naction = "skip"\n': (
        "policy.toml:2: rule 1: 'exeption' is not a key here; did you mean 'exception'?"
    ),
    '[[rules]]\naction = "skip"\n\n[[rules]]\naction = "retyr"\n': (
        "policy.toml:5: rule 2: action 'retyr' is not one of retry, skip, hold, raise; "
        "did you mean 'retry'?"
    ),
    "[[rules]]\n": "policy.toml:1: rule 1: has no action; it is one of retry, skip, hold, raise",
    '[[rules]]\naction = "retry"\nmax_delay = 3\n': (
        "policy.toml:3: rule 1: 'max_delay' is not a key here; did you mean 'max-delay'?"
    ),
    '[[rules]]\naction = "retry"\ntimes = 0\n': (
        "policy.toml:3: rule 1: times must be at least 1, not 0"
    ),
    '[[rules]]\naction = "skip"\ntimes = 2\n': (
        "policy.toml:3: rule 1: times belongs to the action retry, and this one is skip"
    ),
    '[[rules]]\naction = "skip"\nmessage = "("\n': (
        "policy.toml:3: rule 1: message is no regular expression: "
        "missing ), unterminated subpattern at position 0"
    ),
    '[[rules]]\naction = "skip"\nrun = "x ="\n': (
        "policy.toml:3: rule 1: run is no Python: invalid syntax (<run>, line 1)"
    ),
    '[[rules]]\naction = "skip"\nexception = "two words"\n': (
        "policy.toml:3: rule 1: exception 'two words' is not the name of an exception type"
    ),
    '[[rules]]\naction = "raise"\notherwise = "hold"\n': (
        "policy.toml:3: rule 1: otherwise cannot come after the action raise"
    ),
    '[[rule]]\naction = "skip"\n': (
        "policy.toml:1: 'rule' is not a key here; did you mean 'rules'?"
    ),
    '[[rules]]\naction = \n': "policy.toml:2: this is no TOML: Invalid value",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_its_line(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        form.parse(text, "policy.toml")
    assert str(caught.value) == WRONG[text]


def test_a_policy_comes_through_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    text = """
    [[rules]]
    name = "memory"
    exception = ["torch.OutOfMemoryError", "MemoryError"]
    message = "out of memory"
    cell = "loss.backward()"
    action = "retry"
    times = 4
    delay = 1
    factor = 3
    max-delay = 10.5
    otherwise = "raise"
    """
    (tmp_path / "p.toml").write_text(textwrap.dedent(text))
    found = settings.read(str(tmp_path), None, "p.toml")
    monkeypatch.setenv(form.VARIABLE, found.variables()[form.VARIABLE])
    assert settings.from_environment() == found.policy
    assert found.policy is not None
    [rule] = found.policy.rules
    assert [rule.pause(each) for each in (1, 2, 3, 999)] == [1, 3, 9, 10.5]


def test_a_policy_that_is_just_being_read_counts_for_another_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two threads crash together, and the second asks in the middle of the first one's reading."""
    policy = form.parse('[[rules]]\naction = "skip"\n', "policy.toml")
    found: list[object] = []

    def read() -> form.Policy:
        if not found:
            found.append(None)
            found.append(rules.present())
        return policy

    monkeypatch.setattr(settings, "from_environment", read)
    monkeypatch.setenv(form.VARIABLE, "[]")
    monkeypatch.setattr(rules, "_known", False)
    monkeypatch.setattr(rules, "_policy", None)
    assert rules.present() is policy
    assert found == [None, policy]


def test_the_first_rule_that_fits_counts(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    crashes: list[daifu.Crash] = []
    previous = daifu.set_crash_handler(lambda crash: crashes.append(crash) or fit(crash))
    fitting: list[bool] = []
    conditions = [
        {"exception": "LookupError"}, {"exception": "builtins.KeyError"},
        {"exception": ["OSError", "KeyError"]}, {"message": "^'k'$"}, {"file": "prog*.py"},
        {"function": "C.work"}, {"function": "work"}, {"cell": "row[name]"}, {"cell": "x = *"},
        {"exception": "OSError"}, {"message": "other"}, {"file": "main.py"},
        {"function": "wor"}, {"cell": "row[n?]"}, {"cell": "row *"},
    ]  # fmt: skip

    def fit(crash: daifu.Crash) -> daifu.Resolution:
        policy = form.checked([{**each, "action": "skip"} for each in conditions], "test")
        fitting.extend(rules.fits(rule, crash) for rule in policy.rules)
        return daifu.Skip()

    text = """
    class C:
        def work(self, row, name):
            x = (row[name] +
                 1)
    def main():
        C().work({}, "k")
    """
    lab.outcome(lab.module(text))
    daifu.set_crash_handler(previous)
    assert fitting == [True] * 9 + [False] * 6


PROGRAM = """
    from torch_like import nn
    def main():
        tries = 0
        for step in range(3):
            try:
                nn.load(step)
            finally:
                print("finally", step, flush=True)
        print("done", tries, flush=True)
    main()
    """

LIKE = """
    import sys, types
    class Nn:
        cleared = calls = 0
        class Big(list): pass
        def load(self, step):
            big = self.Big()
            Nn.calls += 1
            if step == 1 and Nn.cleared < 2:
                raise MemoryError(f"no room in call {Nn.calls}")
            if step == 2:
                raise OSError("gone")
    nn = Nn()
    def clear():
        import gc
        print("bigs", sum(type(each) is Nn.Big for each in gc.get_objects()), flush=True)
        Nn.cleared += 1
    """

POLICY = """
    [tool.daifu]
    [[tool.daifu.rules]]
    exception = "MemoryError"
    run = "torch_like.clear(); tries += 1"
    action = "retry"
    times = 2
    delay = 0.01

    [[tool.daifu.rules]]
    exception = "EnvironmentError"
    action = "retry"
    times = 2
    otherwise = "skip"
    """


def test_retries_with_code_first_and_what_comes_when_they_run_out(here: Place) -> None:
    """The frames that the exception has kept let go of what they hold before the code runs."""
    here.write("main.py", PROGRAM)
    here.write("pyproject.toml", POLICY)
    here.write("libs/torch_like.py", LIKE)
    done = here.run("main.py", PYTHONPATH=f"{here.environment()['PYTHONPATH']}:libs",
                    DAIFU_EXCLUDE="*/libs/*")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "finally 0", "bigs 0", "bigs 0", "finally 1", "finally 2", "done 2"
    ]  # fmt: skip
    assert [line.split(": ", 1)[1] for line in done.stderr.splitlines()] == [
        "policy rule 1: retry 1 of 2 in 0.01 s: MemoryError at main.py:6 in main",
        "policy rule 1: retry 2 of 2 in 0.02 s: MemoryError at main.py:6 in main",
        "policy rule 2: retry 1 of 2: OSError at main.py:6 in main",
        "policy rule 2: retry 2 of 2: OSError at main.py:6 in main",
        "policy rule 2: skip: OSError at main.py:6 in main (tried again 2 times)",
    ]
    told = [each for each in here.journal() if each["event"] == "resolution"]
    assert [(each["by"], each["resolution"], each.get("attempt")) for each in told] == [
        ("policy", "retry", 1), ("policy", "retry", 2),
        ("policy", "retry", 1), ("policy", "retry", 2), ("policy", "skip", None),
    ]  # fmt: skip
    assert told[0]["run"] == "torch_like.clear(); tries += 1"


def test_code_that_fails_a_refused_answer_and_a_wrong_policy(here: Place) -> None:
    here.write(
        "main.py",
        """
        def main():
            for row in ([], [1]):
                print(row[0])
                print("end")
        main()
        """,
    )
    here.write("policy.toml", '[[rules]]\nrun = "1 / 0"\naction = "retry"\notherwise = "skip"\n')
    done = here.run("--policy", "policy.toml", "main.py")
    assert done.stdout == "end\n1\nend\n", done.stderr
    assert "rule 1: skip: IndexError at main.py:3 in main (ZeroDivisionError: " in done.stderr
    here.write("policy.toml", '[[rules]]\nactoin = "retry"\n')
    done = here.run("--policy", "policy.toml", "main.py")
    assert (done.returncode, done.stdout) == (1, "")
    said = "policy.toml:2: rule 1: 'actoin' is not a key here; did you mean 'action'?"
    assert done.stderr.startswith("daifu: ") and said in done.stderr


def test_a_launch_configuration_has_one_for_the_program_and_its_children(here: Place) -> None:
    here.write("work.py", "print([][0])\nprint('end', flush=True)\n")
    here.write(
        "main.py",
        """
        import os, subprocess, sys
        import work
        child = f"import sys; sys.path.append({os.getcwd()!r}); import work"
        done = subprocess.run([sys.executable, "-c", child], cwd=os.path.dirname(os.getcwd()))
        print(done.returncode, flush=True)
        print({}["k"])
        """,
    )
    with pytest.raises(RequestFailed) as caught:
        here.launch("main.py", policy=[{"action": "skip", "exeption": "X"}])
    assert "did you mean 'exception'?" in str(caught.value)
    policy = {"rules": [{"exception": "IndexError", "action": "skip"}]}
    client = here.launch("main.py", policy=policy)
    assert client.wait_crash().exception_type == "KeyError"
    assert client.output().split() == ["end", "end", "0"]
    said = "daifu: policy rule 1: skip: IndexError at work.py:1 in <module>\n"
    assert client.output("important") == said
    assert client.wait_recovered()["entry"]["by"] == "policy"
    told = [each for each in here.journal() if each["event"] == "resolution"]
    assert [each["by"] for each in told] == ["policy", "policy"]
    assert len({each["pid"] for each in told}) == 2
