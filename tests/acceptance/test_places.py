"""Wherever the crash is, the mended program goes on as the correct one would have run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from .raw import Debuggee, crash, ended, stack


@dataclass(frozen=True)
class Case:
    """A crashing program, the edit that mends it, and where it crashes."""

    name: str
    text: str
    old: str
    new: str
    function: str = "<module>"
    module: str = "main.py"
    others: tuple[tuple[str, str], ...] = ()
    stops: int = 1


CASES = [
    Case(
        "script loop",
        'data = {"a": 1, "b": 2, "c": 3}\nfor key in ["a", "b", "c!"]:\n    print("begin", key)\n'
        '    value = data[key]\n    print("value", value)\nprint("end", key)\n',
        "data[key]",
        'data[key.strip("!")]',
    ),
    Case(
        "function from a loop",
        "def norm(row):\n    total = sum(row)\n    share = [x / total for x in row]\n"
        "    return share\n\nout = []\nfor row in [[1, 1], [2, 2], [0, 0], [4, 4]]:\n"
        "    out.append(norm(row))\n    print(len(out), out[-1])\nprint(out)\n",
        "[x / total for x in row]",
        "[x / (total or 1) for x in row]",
        "norm",
    ),
    Case(
        "two modules away",
        "import middle\nfor i in range(3):\n    print(i, middle.through(i))\n",
        "10 // (1 - i)",
        "10 // (1 - i or 5)",
        "deep",
        "leaf.py",
        (
            ("middle.py", "from leaf import deep\n\ndef through(i):\n    return [deep(i)]\n"),
            ("leaf.py", "def deep(i):\n    got = 10 // (1 - i)\n    return got\n"),
        ),
    ),
    Case(
        "with open",
        "class Log:\n    def __init__(self):\n        self.stream = open('out.txt', 'w')\n"
        "    def __enter__(self):\n        print('enter')\n        return self.stream\n"
        "    def __exit__(self, *how):\n        print('exit', how[0])\n"
        "        self.stream.close()\n"
        "with Log() as log, open('second.txt', 'w') as second:\n    for i in range(4):\n"
        "        log.write(f'{i}\\n')\n        second.write('x' * (6 // (i - 2)))\n"
        "        second.flush()\nprint(log.closed, second.closed)\n"
        "print(repr(open('out.txt').read()), repr(open('second.txt').read()))\n",
        "(i - 2)",
        "(i - 2 or 1)",
    ),
    Case(
        "try finally",
        "def work(n):\n    try:\n        print('in', n)\n        got = 4 / n\n        return got\n"
        "    finally:\n        print('finally', n)\nfor n in (2, 0, 1):\n    print(work(n))\n",
        "4 / n",
        "4 / (n or 8)",
        "work",
    ),
    Case(
        "finally body",
        "def work(n):\n    try:\n        return 'r' + str(n)\n    finally:\n"
        "        print('finally', 1 // n)\nprint(work(1), work(0))\n",
        "1 // n",
        "1 // (n or 1)",
        "work",
    ),
    Case(
        "handler body",
        "def work(n):\n    try:\n        raise KeyError(n)\n    except KeyError as error:\n"
        "        print('handling', repr(error))\n        print(n.missing)\n"
        "        print(repr(error))\n    else:\n        print('else')\n    return 'done'\n"
        "print(work(3))\n",
        "n.missing",
        "n",
        "work",
    ),
    Case(
        "while header",
        "queue = [3, 2, None, 1]\nwhile queue[0] > 0:\n    print(queue.pop(0))\n"
        "    if not queue:\n        break\nelse:\n    print('else')\nprint(queue)\n",
        "queue[0] > 0",
        "(queue[0] or 0) > 0",
    ),
    Case(
        "for header",
        "def rows(n):\n    count = 0\n    for i in range(2):\n        for x in n['items'][i]:\n"
        "            count += x\n            print(i, x, count)\n    return count\n"
        "print(rows({'items': [[1, 2]], 'rest': [3]}))\n",
        "n['items'][i]",
        "(n['items'] + [n['rest']])[i]",
        "rows",
    ),
    Case(
        "method",
        "class Base:\n    def step(self, x):\n        self.seen = getattr(self, 'seen', 0) + 1\n"
        "        return x\nclass Model(Base):\n    def __init__(self):\n        self.__rate = 2\n"
        "    def step(self, x):\n        y = super().step(x)\n        z = y * self.__ratio\n"
        "        return z + self.seen\nm = Model()\nprint([m.step(i) for i in range(3)], m.seen)\n",
        "self.__ratio",
        "self.__rate",
        "Model.step",
    ),
    Case(
        "nested function",
        "def outer(k):\n    total = 0\n    def inner(x):\n        nonlocal total\n"
        "        total += k / x\n        return total\n"
        "    return [inner(x) for x in (1, 0, 2)], total\n"
        "print(outer(4))\n",
        "k / x",
        "k / (x or 4)",
        "outer.<locals>.inner",
    ),
    Case(
        "thread",
        "import threading\nresult = []\ndef work(n):\n    for i in range(n):\n"
        "        result.append(6 // (i - 1))\nt = threading.Thread(target=work, args=(3,))\n"
        "t.start()\nt.join()\nprint(result)\n",
        "(i - 1)",
        "(i - 1 or 2)",
        "work",
    ),
    Case(
        "output in between",
        "import sys\nfor i in range(3):\n    for j in range(300):\n        print('line', i, j)\n"
        "    sys.stdout.write(f'half{i}')\n    print(100 // (i - 1))\n",
        "(i - 1)",
        "(i - 1 or 7)",
    ),
    Case(
        "generator",
        "def numbers():\n    yield 1\n    yield 1 // 0\n    yield 3\n\n"
        "for n in numbers():\n    print(n)\n",
        "1 // 0",
        "2",
        "numbers",
    ),
    Case(
        "main guard",
        "import sys\n\ndef main(argv):\n    width = {}['width']\n    print('width', width, argv)\n"
        "    return 3\n\nif __name__ == '__main__':\n    sys.exit(main(sys.argv[1:]))\n",
        "{}['width']",
        "{}.get('width', 80)",
        "main",
    ),
    Case(
        "if header",
        "for i in range(3):\n    if i == 1:\n        print('one')\n    elif 2 // (i - 2):\n"
        "        print('other', i)\n    else:\n        print('none', i)\nprint('end')\n",
        "(i - 2)",
        "(i - 2 or 9)",
    ),
    Case(
        "recursion",
        "def depth(n):\n    if n == 0:\n        return [].pop()\n    below = depth(n - 1)\n"
        "    return below + 1\nprint(depth(5))\n",
        "[].pop()",
        "100",
        "depth",
    ),
    Case(
        "while true with break and continue",
        "i = 0\nwhile True:\n    i += 1\n    if i % 2:\n        continue\n    if i > 8:\n"
        "        break\n    print(i, 12 // (i - 4))\nelse:\n    print('never')\nprint('end', i)\n",
        "(i - 4)",
        "(i - 4 or 3)",
    ),
    Case(
        "shifted lines",
        "x = 1\nfor i in range(3):\n    y = i\n    print(x, y, i, [5, 6][i])\n",
        "x = 1\nfor i in range(3):\n    y = i\n    print(x, y, i, [5, 6][i])\n",
        "# one\n# two\n\n\nx = 1\n\nfor i in range(3):\n    # more\n    y = i\n\n"
        "    print(\n        x, y, i, [5, 6, 7][i]\n    )\n",
    ),
    Case(
        "non ascii",
        "# schöne Grüße 日本\nnamen = {'größe': 'ü🎉'}\nfor ä in ('größe', 'höhe'):\n"
        "    print('é', ä); print('→', namen[ä])\nprint('ende ß')\n",
        "namen[ä]",
        "namen.get(ä, '∅🎉')",
    ),
    Case(
        "assert and decorator",
        "import functools\ndef twice(f):\n    @functools.wraps(f)\n    def call(*a, **k):\n"
        "        print('before')\n        r = f(*a, **k)\n        print('after')\n"
        "        return r\n"
        "    return call\n@twice\ndef check(v, *, limit=2):\n    assert v < limit, 'too big'\n"
        "    return v\nprint(check(1), check(2))\n",
        "v < limit",
        "v <= limit",
        "check",
    ),
]


BOTH = 10
"""So many cases are tried with our request and with `continue`; the others with one of them."""

TRIED = [
    pytest.param(case, way, id=f"{case.name}-{way}")
    for number, case in enumerate(CASES)
    for turn, way in enumerate(("replace", "continue"))
    if number < BOTH or number % 2 == turn
]


@pytest.mark.parametrize(("case", "way"), TRIED)
def test_the_output_is_that_of_the_correct_program(job: Debuggee, case: Case, way: str) -> None:
    job.write("main.py", case.text)
    for name, text in case.others:
        job.write(name, text)
    dap = job.launch(job.socket() if case.name == "script loop" else None)
    found = crash(dap)
    assert found["cell"]["path"] == str(job.folder / case.module)
    assert found["cell"]["function"] == case.function
    top = stack(dap, found["threadId"])
    assert top[0][1:] == (case.module, found["cell"]["line"])
    assert not any("daifu" in str(frame) for frame in top), top
    path = job.edit(case.module, (case.old, case.new))
    if way == "replace":
        answer = dap.ask("daifu/replaceCellAndContinue", source={"path": str(path)})
        assert answer["status"] == "ok"
    else:
        dap.ask("continue", threadId=found["threadId"])
    code = ended(dap)
    wanted, errors, wanted_code = job.plain("main.py", PYTHONUTF8="1")
    assert dap.output() == wanted
    assert dap.output("stderr") == errors
    assert code == wanted_code
    assert len(dap.events("stopped")) == len(dap.events("daifu/recovered")) == case.stops
