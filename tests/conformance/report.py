"""The difference between two runs of the suite, as a table, as JSON and as Markdown."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.conformance.known import KNOWN, Known

Outcomes = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Difference:
    """A test whose outcomes differ; `known` says why, if that is known."""

    test: str
    theirs: str
    ours: str
    said: str
    known: Known | None

    @property
    def worse(self) -> bool:
        """Whether debugpy passes it and we do not."""
        return self.theirs == "passed" and self.ours != "passed"


@dataclass(frozen=True)
class Found:
    """Two runs, compared."""

    theirs: Counter[str]
    ours: Counter[str]
    differences: list[Difference]

    @property
    def unexplained(self) -> list[Difference]:
        """What debugpy passes, we do not, and nothing explains."""
        return [each for each in self.differences if each.worse and each.known is None]

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        listed = [
            {
                "test": each.test,
                "debugpy": each.theirs,
                "daifu": each.ours,
                "said": each.said,
                "known": each.known.why if each.known else None,
            }
            for each in self.differences
        ]
        counts = {"debugpy": dict(self.theirs), "daifu": dict(self.ours)}
        return {"counts": counts, "differences": listed}

    def table(self) -> str:
        """The differences, one a line, and the sums."""
        lines = [
            f"{each.theirs:8} {each.ours:8} {'known' if each.known else '':6} {each.test}"
            for each in self.differences
        ]
        head = [f"{'debugpy':8} {'daifu':8} {'':6} test"] if lines else ["no difference"]
        sums = [f"debugpy: {_sums(self.theirs)}", f"daifu: {_sums(self.ours)}"]
        sums.append(f"not passed where debugpy does, and not known: {len(self.unexplained)}")
        return "\n".join([*head, *lines, "", *sums])

    def markdown(self, versions: str) -> str:
        """The page of the documentation."""
        rows = [f"| {name} | {_sums(count)} |" for name, count in self._sides()]
        worse = [each for each in self.differences if each.worse]
        other = [each for each in self.differences if not each.worse]
        parts = [
            HEAD.format(versions=versions),
            "| | |\n|---|---|\n" + "\n".join(rows),
            "## What debugpy passes and we do not\n\n" + (_listed(worse) or "Nothing."),
        ]
        if other:
            parts.append("## Other differences\n\n" + _listed(other))
        return "\n\n".join(parts) + "\n"

    def _sides(self) -> list[tuple[str, Counter[str]]]:
        return [("debugpy", self.theirs), ("DaiFu DAP", self.ours)]


HEAD = """\
# Conformance

debugpy's own test suite, run against debugpy and against this project's adapter in its place. The
tests drive an adapter; on our side they start `daifu_dap/adapter` in place of `debugpy/adapter` and
`python daifu_dap` in place of `python debugpy`, and programs that call `debugpy.listen` themselves
are started vaccinated. Everything else is the same. This page is written by

    python -m tests.conformance CHECKOUT --report FILE

and the reasons for what is known to differ are in `tests/conformance/known.py`. {versions}"""


def compare(theirs: Outcomes, ours: Outcomes) -> Found:
    """Compare the outcomes of two runs, in the tests that both have run."""
    both = sorted(theirs.keys() & ours.keys())
    differences = [
        Difference(test, theirs[test][0], ours[test][0], ours[test][1], known(test))
        for test in both
        if theirs[test][0] != ours[test][0]
    ]
    counts = [Counter(outcome for outcome, _ in side.values()) for side in (theirs, ours)]
    return Found(counts[0], counts[1], differences)


def known(test: str) -> Known | None:
    """Why a test differs, if that is known."""
    return next((each for each in KNOWN if matches(each.pattern, test)), None)


def matches(pattern: str, test: str) -> bool:
    """Whether a pattern, in which `*` stands for anything, is a test's name."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), test) is not None


def versions(python: str) -> str:
    """What was run: debugpy, and Python."""
    code = "import debugpy, platform; print(debugpy.__version__, platform.python_version())"
    found = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    debugpy, version = found.stdout.split()
    return f"The version of debugpy is {debugpy}, that of Python {version}."


def _sums(count: Counter[str]) -> str:
    return ", ".join(f"{count[name]} {name}" for name in ("passed", "skipped", "failed"))


def _listed(differences: list[Difference]) -> str:
    rows = [
        f"| `{each.test}` | {each.theirs} | {each.ours} | {each.known.why if each.known else ''} |"
        for each in differences
    ]
    return "| test | debugpy | ours | why |\n|---|---|---|---|\n" + "\n".join(rows) if rows else ""
