"""How long an edit takes to plan, beside what a plain parse of the new text takes.

The file has functions of 22 lines that each loop over statements; one line in the middle is edited
and an import is added on top. Says medians and the ratio to `ast.parse` of the same text.

    python benchmarks/planning.py [--rounds 21]
"""

from __future__ import annotations

import argparse
import ast
import platform
import statistics
import time

from daifu_dap.surgery import Baseline, CrashPoint, plan


def program(functions: int) -> str:
    """A file of so many functions."""
    body = "".join(f"        value{n} = layer{n}(x, {n}) + bias[{n}]\n" for n in range(21))
    return "\n\n".join(
        f"def step{n}(loader):\n    for x in loader:\n{body}" for n in range(functions)
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How long an edit takes to plan.")
    parser.add_argument("--rounds", type=int, default=21, help="timed plans of each file")
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, {rounds} plans of each file, medians")
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
            start = time.perf_counter()
            plan({"a.py": (text, new)}, CrashPoint("a.py", half + 1), kept)
            middle = time.perf_counter()
            ast.parse(new)
            plans.append((middle - start) * 1000)
            parses.append((time.perf_counter() - middle) * 1000)
        one, two = statistics.median(plans), statistics.median(parses)
        print(
            f"{len(lines):5} lines: {one:6.2f} ms, {one / two:.2f} times ast.parse ({two:.2f} ms)"
        )


if __name__ == "__main__":
    main()
