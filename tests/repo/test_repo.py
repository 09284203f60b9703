"""What holds for the repository as a whole."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import daifu_dap

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

DEBUGGEE_SIDE = ("__init__.py", "vaccine", "recovery", "common")
"""What is loaded in somebody's training process."""


def test_one_version() -> None:
    version = PROJECT["version"]
    assert daifu_dap.__version__ == version
    manifest = json.loads((ROOT / "vscode-extension/package.json").read_text(encoding="utf-8"))
    assert manifest["version"] == version
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(?:Unreleased|" + re.escape(version) + r")\]", changelog, re.MULTILINE)


def _debuggee_modules() -> list[str]:
    package = ROOT / "daifu_dap"
    files = [
        path
        for name in DEBUGGEE_SIDE
        for path in ([package / name] if name.endswith(".py") else (package / name).rglob("*.py"))
        if "boot" not in path.parts
    ]
    return sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in files
    )


def test_debuggee_side_imports_only_the_standard_library() -> None:
    script = (
        "import importlib, sys\n"
        "known = set(sys.modules)\n"
        f"for name in {_debuggee_modules()!r}:\n"
        "    importlib.import_module(name)\n"
        "tops = {name.partition('.')[0] for name in set(sys.modules) - known}\n"
        "print(*sorted(tops - set(sys.stdlib_module_names) - {'daifu_dap'}))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == []


def test_vaccination_starts_without_what_only_an_edit_or_a_debugger_needs() -> None:
    late = ["dataclasses", "difflib", "dis", "inspect", "json", "socket", "typing"]
    late += ["daifu_dap.common.match", "daifu_dap.recovery.settrace", "daifu_dap.recovery.suspend"]
    found = _started(
        "def late():\n"
        f"    print(*[name for name in {late} if name in set(sys.modules) - known])\n"
        "late()\n"
        "from daifu_dap.vaccine.text import Text\n"
        "versions.register(Text('here.py', 'x = 1'))\n"
        "versions.register(Text('here.py', 'x = 1'))\n"
        "late()\n"
        "versions.register(Text('here.py', 'x = 2'))\n"
        "late()\n"
    )
    # At a crash, when nothing is to be imported any more, texts are compared.
    nothing, still, both = found.splitlines()
    assert (nothing, still) == ("", "")
    assert {"difflib", "daifu_dap.common.match"} <= set(both.split())
    assert "daifu_dap.recovery.suspend" not in both


@pytest.mark.parametrize("first", [True, False])
def test_what_holds_a_crash_for_a_debugger_comes_with_it(first: bool) -> None:
    """At a crash, with a debugger there, nothing is to be imported any more."""
    load = "import debugpy.server.api\n"
    before, after = (load, "") if first else ("", load)
    names = ("daifu_dap.recovery.suspend", "daifu_dap.recovery.bridge")
    found = _started(f"{after}print(*[name in sys.modules for name in {names}])\n", before)
    assert found == "True True\n"


def _started(then: str, before: str = "") -> str:
    """What a new process prints that has the runtime set up, and then does something."""
    script = (
        f"import sys\nknown = set(sys.modules)\n{before}"
        "from daifu_dap.vaccine import hook\n"
        "from daifu_dap.recovery import runtime, versions\n"
        f"hook.start()\nruntime.install()\n{then}"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


def test_importing_the_package_is_quick() -> None:
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import daifu_dap"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    (whole,) = [line for line in found.stderr.splitlines() if line.endswith("| daifu_dap")]
    assert int(whole.split("|")[1]) < 250_000, whole


def test_the_handler_in_the_readme_recovers(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    handler = next(snippet for snippet in snippets if "set_crash_handler" in snippet)
    program = tmp_path / "train.py"
    program.write_text(
        f"import daifu_dap as daifu\n{handler}\n"
        "@daifu.transform()\n"
        "def main():\n"
        "    batch_size, done = 64, []\n"
        "    for step in range(3):\n"
        "        done.append(len(bytes(8 // (batch_size // 9 < 2))))\n"
        "    return batch_size, done\n"
        "print(main())\n"
    )
    found = subprocess.run(
        [sys.executable, program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DAIFU_ON_CRASH": "raise"},
        timeout=60,
    )
    assert found.stdout == "(16, [8, 8, 8])\n", found.stderr


def test_the_restore_benchmark_runs() -> None:
    found = subprocess.run(
        [sys.executable, "benchmarks/restore.py", "--rounds", "2", "--lines", "60"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    assert re.search(r"median [\d.]+ ms, least [\d.]+ ms, most [\d.]+ ms", found.stdout)


BENCHMARKS = {
    "importing": 2,
    "keystroke": 2,
    "planning": 32,
    "recovering": 10,
    "vaccinating": 1,
}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_quick_benchmark_says_figures(name: str) -> None:
    found = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", "--quick", "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert found.returncode == 0, found.stderr
    said = json.loads(found.stdout)
    assert (said["benchmark"], said["quick"]) == (name, True)
    assert len(said["rows"]) == BENCHMARKS[name]
    for row in said["rows"]:
        assert row["low"] <= row["median"] <= row["high"] < math.inf and row["n"] > 0, row


@pytest.mark.parametrize("document", ["README.md", "docs/troubleshooting.md"])
def test_documented_commands_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = re.findall(r"^\s*make ([a-z]+)", text, re.MULTILINE)
    rules = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(targets) <= set(rules)
    for module in set(re.findall(r"python3? -m (daifu_dap[.\w]*)", text)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    for job in set(re.findall(r"^\s*daifu-dap ([a-z]+)", text, re.MULTILINE)):
        shown = subprocess.run(
            [sys.executable, "-m", "daifu_dap.cli", job, "--help"],
            capture_output=True,
            cwd=ROOT,
            timeout=60,
        )
        assert shown.returncode == 0, job


@pytest.mark.parametrize("document", sorted(path.name for path in ROOT.glob("*.md")))
def test_links_between_documents_hold(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / target).exists(), f"{document} links to {target}"


def test_command_line_says_its_version_and_refuses_nonsense() -> None:
    command = [sys.executable, "-m", "daifu_dap.cli"]
    shown = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=60)
    assert shown.stdout.split() == ["daifu-dap", PROJECT["version"]]
    wrong = subprocess.run([*command, "nonsense"], capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2
    assert "nonsense" in wrong.stderr


def _checked(tmp_path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = ["benchmarks/check.py", str(tmp_path), "--baseline", str(tmp_path / "base"), *more]
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=ROOT, timeout=60
    )


def test_the_check_tells_what_has_moved_beyond_the_noise(tmp_path: Path) -> None:
    head = {"benchmark": "one", "python": "3", "machine": "m", "processor": "p", "cores": 2}

    def row(name: str, middle: float, **more: float) -> dict[str, object]:
        figure = {"low": middle * 0.9, "median": middle, "high": middle * 1.1}
        return {"name": name, "unit": "ms"} | figure | more

    def measured(reference: float, rows: list[dict[str, object]]) -> None:
        said = head | {"quick": False, "reference_ms": reference, "rows": rows}
        (tmp_path / "one.json").write_text(json.dumps(said))

    case = {"name": "case", "right": True}
    grown = {"name": "grown", "unit": "bytes each", "low": 1, "median": 1, "high": 1}
    added = {"name": "added", "unit": "ns", "plain_ns": 100, "low": 0, "median": 1, "high": 2}
    measured(2.0, [row("same", 10), row("slower", 10), row("noise", 10), added, case, grown])
    assert _checked(tmp_path).returncode == 2  # no baseline yet
    assert _checked(tmp_path, "--update").returncode == 0
    assert _checked(tmp_path).stdout == "0 of 5 rows moved; 0 are worse.\n"

    # A machine that is half as fast: all takes twice the time, and one thing more than that.
    added |= {"low": 0, "median": 2, "high": 4, "plain_ns": 200}
    case["right"] = False
    measured(4.0, [row("same", 20), row("slower", 30), row("noise", 22), added, case])
    found = _checked(tmp_path)
    assert found.returncode == 1
    assert found.stdout.splitlines() == [
        "WORSE  one, slower: 5 (4.5 to 5.5) is now 7.5 (6.75 to 8.25)",
        "WORSE  one, case: WRONG now",
        "2 of 5 rows moved; 2 are worse.",
    ]


def test_what_was_measured_is_written_into_the_page(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "benchmarks/scale.py",
        "--quick",
        "--out",
        str(tmp_path / "scale.json"),
    ]
    measured = subprocess.run(
        [*command, "--only", "lines", "depth", "recoveries", "threads"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=100,
    )
    assert measured.returncode == 0, measured.stderr
    page = tmp_path / "benchmarks.md"
    page.write_text("before\n<!-- scale -->\nold\n<!-- /scale -->\nafter\n")
    command = [sys.executable, "benchmarks/publish.py", str(tmp_path), "--docs", str(tmp_path)]
    for more in ((), ("--quick",)):
        written = subprocess.run([*command, *more], capture_output=True, text=True, cwd=ROOT)
        assert written.returncode == 0, written.stderr
        if not more:
            assert "\nold\n" in page.read_text()  # a quick run says nothing
    text = page.read_text()
    assert re.search(
        r"^\| retry, depth of the crash \(ms\) \| 1: [\d.e+]+, 50: ", text, re.MULTILINE
    )
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "<svg" in (tmp_path / "scale.svg").read_text()
