"""How long an edit takes to plan, beside what a plain parse of the new text takes.

The file has functions of 22 lines that each loop over statements, and one crashed in the middle.
The edits: a changed line and an import on top; a variable renamed throughout the function; the
whole function written anew; every function changed (a rename by the editor, or a formatter); and
the same at module level, where all of the file is one body. Says medians, which are to stay under
25 ms for 300 lines and under 120 ms for 2,000, also if every line changed, and the ratio to
`ast.parse` of the same text.

    python benchmarks/planning.py [--rounds 21] [--quick] [--json]
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from measure import Report, arguments, compared, spread

from daifu_dap.surgery import Baseline, CrashPoint, plan

LIMITS = {12: 25.0, 80: 120.0}


def program(functions: int) -> str:
    """A file of so many functions."""
    body = "".join(f"        value{n} = layer{n}(x, {n}) + bias[{n}]\n" for n in range(21))
    return "\n\n".join(
        f"def step{n}(loader):\n    for x in loader:\n{body}" for n in range(functions)
    )


def script(functions: int) -> str:
    """The same lines as one module-level body of loops."""
    body = "".join(f"    value{n} = layer{n}(x, {n}) + bias[{n}]\n" for n in range(22))
    return "\n".join(f"for x in loader{n}:\n{body}" for n in range(functions))


Edit = Callable[[list[str], int, int], str]


def line(lines: list[str], half: int, count: int) -> str:
    """One line, and an import."""
    lead = lines[half][: len(lines[half]) - len(lines[half].lstrip())]
    changed = [*lines[:half], f"{lead}value9 = other(x, {count})\n", *lines[half + 1 :]]
    return "import os\n" + "".join(changed)


def renamed(lines: list[str], half: int, count: int) -> str:
    """The variables of the crashed function."""
    start, end = half - 11, half + 12
    inner = "".join(lines[start:end]).replace("(x, ", f"(row{count}, ")
    inner = inner.replace("for x in", f"for row{count} in")
    return "".join(lines[:start]) + inner + "".join(lines[end:])


def anew(lines: list[str], half: int, count: int) -> str:
    """Half of the lines around, by others."""
    start, end = half - 5, half + 5
    lead = lines[half][: len(lines[half]) - len(lines[half].lstrip())]
    other = [f"{lead}result{n} = compute(x, {n}, {count})\n" for n in range(10)]
    return "".join([*lines[:start], *other, *lines[end:]])


def everywhere(lines: list[str], half: int, count: int) -> str:
    """Every line."""
    return "".join(lines).replace("bias[", f"bias{count}[")


EDITS: dict[str, Edit] = {
    "a line and an import": line,
    "a variable renamed": renamed,
    "ten lines anew": anew,
    "every line changed": everywhere,
}


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="timed plans of each file")
    args = parser.parse_args()
    rounds = 3 if args.quick else args.rounds
    report = Report("planning", args)
    for functions, limit in LIMITS.items():
        for kind, text in (("functions", program(functions)), ("a script", script(functions))):
            lines = text.splitlines(keepends=True)
            half = next(n for n in range(len(lines) // 2, len(lines)) if "value9" in lines[n])
            for name, edit in EDITS.items():
                kept = Baseline()
                kept.outline(text)
                plans, parses = [], []
                for count in range(rounds):
                    new = edit(lines, half, count)
                    start = report.clock()
                    found = plan({"a.py": (text, new)}, CrashPoint("a.py", half + 1), kept)
                    middle = report.clock()
                    ast.parse(new)
                    plans.append((middle - start) * 1000)
                    parses.append((report.clock() - middle) * 1000)
                    assert found.status == "ok", found.refusals
                said = f"{len(lines)} lines of {kind}, {name}"
                report.add(said, spread(plans), unit="ms", limit=limit)
                beside = f"{said}, beside parsing"
                report.add(beside, compared(parses, plans), unit="times ast.parse")
    report.show()


if __name__ == "__main__":
    main()
