"""A laboratory for small programs: run one plain, or vaccinated with answers to its crashes."""

from __future__ import annotations

import linecache
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import daifu_dap as daifu
from daifu_dap.vaccine import door, hook, project
from tests.kernel import flow
from tests.kernel.keeping import Runs

Answer = daifu.Resolution | Callable[[daifu.Crash], daifu.Resolution]
ROOT = Path(__file__).resolve().parents[2]


class Boom(Exception):
    """What the programs crash with."""


class Flaky:
    """Gives its argument, but raises at the calls whose numbers (from 1) are in `fail`."""

    def __init__(self, fail: tuple[int, ...], kind: type[BaseException] = Boom) -> None:
        self.fail, self.kind, self.calls = fail, kind, 0

    def __call__(self, value: Any = None) -> Any:
        self.calls += 1
        if self.calls in self.fail:
            raise self.kind(value)
        return value


@dataclass
class Seen:
    """What is noted of a crash; nothing that would keep the frame or the exception alive."""

    line: int
    function: str
    type: str
    message: str
    names: list[str]
    refusal: str | None
    stop_id: int


class Lab:
    """Runs programs.

    Attributes:
        crashes: what the handler saw, in order.
        log: what the program last run has logged.
    """

    Boom = Boom

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.crashes: list[Seen] = []
        self.log: list[Any] = []
        self.answers: list[Answer] = []
        self.always: Answer = daifu.Raise()
        self.count = 0

    @property
    def booms(self) -> int:
        """How many crashes were `flaky`'s."""
        return sum(each.type == "Boom" for each in self.crashes)

    def handle(self, crash: daifu.Crash) -> daifu.Resolution:
        code = crash.refusal.code if crash.refusal is not None else None
        kind, message = type(crash.exception).__name__, str(crash.exception)
        names = list(crash.locals) if crash.function != "<module>" else []
        self.crashes.append(
            Seen(crash.line, crash.function, kind, message, names, code, crash.stop_id)
        )
        answer = self.always if kind == "Boom" else daifu.Raise()
        if self.answers:
            answer = self.answers.pop(0)
        return answer if isinstance(answer, daifu.Resolution) else answer(crash)

    def module(
        self, text: str, fail: tuple[int, ...] = (), woven: bool = True, **more: Any
    ) -> ModuleType:
        """The program `text` as a module; `flaky`, `log` and `Boom` are there for it."""
        self.count += 1
        path = str(self.folder / f"prog{self.count}.py")
        source = textwrap.dedent(text).lstrip("\n")
        Path(path).write_text(source)
        linecache.checkcache(path)
        self.log = []
        module = ModuleType(f"prog{self.count}")
        sys.modules[module.__name__] = module
        space = vars(module)
        space.update(__file__=path, flaky=Flaky(fail), log=self.log.append, Boom=Boom, **more)
        if woven:
            code = hook.vaccinated(path, source.encode())
        else:
            code = compile(source, path, "exec", dont_inherit=True)
        exec(code, space)
        return module

    def outcome(self, module: ModuleType, call: str = "main()") -> Any:
        """What `call` gives and logs, or raises."""
        result: Any
        try:
            result = eval(call, vars(module))
        except Exception as error:
            result = ("raised", type(error).__name__, str(error))
        return result, self.log

    def plain(self, text: str, call: str = "main()") -> Any:
        """The outcome of the plain program in which nothing crashes."""
        return self.outcome(self.module(text, woven=False), call)

    def woven(
        self, text: str, *answers: Answer, fail: tuple[int, ...] = (1,), call: str = "main()"
    ) -> Any:
        """The outcome of the vaccinated program that crashes at the given calls of `flaky`."""
        self.answers = list(answers)
        return self.outcome(self.module(text, fail), call)

    def check(self, text: str, fail: tuple[int, ...] = (1,), call: str = "main()") -> None:
        """Retried crashes leave no mark."""
        self.always = daifu.Retry()
        expected = self.plain(text, call)
        self.crashes.clear()
        assert self.woven(text, fail=fail, call=call) == expected
        assert self.booms == len(fail)

    def check_everywhere(self, text: str, call: str = "main()") -> None:
        """A crash at any one call of `flaky`, retried, leaves no mark."""
        plain = self.module(text, woven=False)
        expected = self.outcome(plain, call)
        for at in range(1, vars(plain)["flaky"].calls + 1):
            self.crashes.clear()
            self.always = daifu.Retry()
            assert self.woven(text, fail=(at,), call=call) == expected, f"crash at call {at}"
            assert self.booms == 1, f"crash at call {at}"


@pytest.fixture(autouse=True)
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doors that a test makes are looked at."""
    opened = door.opened
    left = iter(range(200))

    def looked_at(*given: Any) -> Any:
        code = opened(*given)
        if next(left, None) is not None:
            flow.sound(code)
        return code

    monkeypatch.setattr(door, "opened", looked_at)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A laboratory whose folder is the project."""
    saved = (list(project._roots), list(project._include), list(project._exclude))
    project.configure([str(tmp_path)])
    made = Lab(tmp_path)
    previous = daifu.set_crash_handler(made.handle)
    yield made
    daifu.set_crash_handler(previous)
    project.configure(*saved)
    for number in range(1, made.count + 1):
        sys.modules.pop(f"prog{number}", None)


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    """Programs that watch their things, in the folder of the test."""
    return Runs(tmp_path)


def edited(old: str, new: str) -> Callable[[daifu.Crash], daifu.Resolution]:
    """An answer that replaces `old`, which must be there, by `new` in the running text."""

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        assert old in crash.source
        return daifu.Replace(crash.source.replace(old, new))

    return answer


Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """Runs an interpreter in the folder of the test, as a person would."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        dropped = ("DAIFU_", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONPATH")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
        environment = {**inherited, "PYTHONPATH": str(ROOT), **variables}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return run
