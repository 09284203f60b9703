"""How long an edit takes to plan, beside what a plain parse of the new text takes.

The file has functions of 22 lines that each loop over statements; one line in the middle is edited
and an import is added on top. Says medians and the ratio to `ast.parse` of the same text.

    python benchmarks/planning.py [--rounds 21] [--quick] [--json]
"""

from __future__ import annotations

import ast

from measure import Report, arguments, compared, spread

from daifu_dap.surgery import Baseline, CrashPoint, plan


def program(functions: int) -> str:
    """A file of so many functions."""
    body = "".join(f"        value{n} = layer{n}(x, {n}) + bias[{n}]\n" for n in range(21))
    return "\n\n".join(
        f"def step{n}(loader):\n    for x in loader:\n{body}" for n in range(functions)
    )


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=21, help="timed plans of each file")
    args = parser.parse_args()
    rounds = 3 if args.quick else args.rounds
    report = Report("planning", args)
    for functions in (12, 80):
        text = program(functions)
        lines = text.splitlines(keepends=True)
        half = next(n for n in range(len(lines) // 2, len(lines)) if "value9" in lines[n])
        kept = Baseline()
        kept.outline(text)
        plans, parses = [], []
        for count in range(rounds):
            lines[half] = f"        value9 = other(x, {count})\n"
            new = "import os\n" + "".join(lines)
            start = report.clock()
            plan({"a.py": (text, new)}, CrashPoint("a.py", half + 1), kept)
            middle = report.clock()
            ast.parse(new)
            plans.append((middle - start) * 1000)
            parses.append((report.clock() - middle) * 1000)
        name = f"plan of an edit, {len(lines)} lines"
        report.add(name, spread(plans), unit="ms")
        report.add(f"{name}, beside parsing", compared(parses, plans), unit="times ast.parse")
    report.show()


if __name__ == "__main__":
    main()
