"""Running debugpy's test suite from a checkout of its repository, and reading what came of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

PLUGIN = Path(__file__).parent / "plugin"
SUITE = "tests/debugpy"

LEFT_OUT = ("tests/debugpy/adapter/test_servers.py",)
"""It imports modules of debugpy's in an order in which they cannot be imported."""


def run(
    python: str,
    checkout: Path,
    outcomes: Path,
    *,
    ours: bool,
    select: Sequence[str] = (),
    workers: int = 2,
    timeout: int = 60,
    keyword: str | None = None,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
) -> int:
    """Run the suite and append each outcome to the file `outcomes`; return pytest's status.

    `timeout` is in seconds, for one test; `keyword` is pytest's `-k`.  With `only` no other tests
    are run, and those of `without` are not.
    """
    env = dict(os.environ)
    for name in ("DAIFU_VACCINATE", "DEBUGPY_ADAPTER_ENDPOINTS", "PYTHONDONTWRITEBYTECODE"):
        env.pop(name, None)
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PLUGIN), env.get("PYTHONPATH")]))
    env |= {"DEBUGPY_TEST": "1", "DAIFU_CONFORMANCE_OUTCOMES": str(outcomes)}
    if ours:
        env["DAIFU_CONFORMANCE_OURS"] = "1"
    for which, names in (("only", only), ("without", without)):
        if names is not None:
            listed = outcomes.with_suffix(f".{which}.txt")
            listed.write_text("\n".join(names), encoding="utf-8")
            env[f"DAIFU_CONFORMANCE_{which.upper()}"] = str(listed)
    command = [python, "-Xfrozen_modules=off", "-m", "pytest", "-q", "-p", "daifu_conformance"]
    command += ["-o", "addopts=", "-p", "no:cacheprovider", f"--timeout={timeout}"]
    command += ["-n", str(workers), "--tb=short", f"--debugpy-log-dir={outcomes}.logs"]
    for each in LEFT_OUT:
        command += ["--ignore", each]
    if keyword:
        command += ["-k", keyword]
    command += list(select) or [SUITE]
    return subprocess.run(command, cwd=checkout, env=env, check=False).returncode


def read(outcomes: Path) -> dict[str, tuple[str, str]]:
    """What became of each test: `passed`, `skipped` or `failed`, and what a failure said.

    Of several outcomes of one test (a retry, a failed teardown) the last of its last run counts,
    a failure before anything else.
    """
    found: dict[str, tuple[str, str]] = {}
    if not outcomes.exists():
        return found
    for line in outcomes.read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        if each["when"] == "teardown" and found.get(each["test"], ("",))[0] == "failed":
            continue
        found[each["test"]] = (each["outcome"], each["said"])
    return found


def missing(python: str) -> list[str]:
    """The modules that the suite needs and that an interpreter has not."""
    needed = ["debugpy", "daifu_dap", "pytest_timeout", "xdist", "pytest_retry", "psutil", "py"]
    needed += ["importlib_metadata", "untangle", "django", "flask", "gevent", "numpy", "requests"]
    code = "import importlib.util, sys; " + (
        "print(*[each for each in sys.argv[1:] if importlib.util.find_spec(each) is None])"
    )
    answer = subprocess.run(
        [python, "-c", code, *needed], stdout=subprocess.PIPE, text=True, check=True
    )
    return answer.stdout.split()


def doubtful(outcomes: dict[str, tuple[str, str]]) -> list[str]:
    """The tests that were not passed, by name."""
    return [test for test, (outcome, _) in outcomes.items() if outcome != "passed"]
