"""Policies: rules that answer crashes with nobody there, as people write them, checked.

They stand in `[tool.daifu]` of a pyproject.toml, in a TOML file of their own, or in a launch
configuration:

    [[rules]]
    exception = "torch.OutOfMemoryError"
    run = "torch.cuda.empty_cache()"
    action = "retry"
    times = 3
    otherwise = "skip"

What is wrong is told with the line before the program starts, a name that is nearly right with the
one that was meant.  What comes out is plain JSON (`Policy.to_json`), which the program finds in its
environment and hands on to its children; `recovery/rules.py` does what it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from daifu_dap.common.condition import named
from daifu_dap.common.record import Record
from daifu_dap.common.typed import Any

VARIABLE = "DAIFU_POLICY"
"""The environment variable that has a policy as JSON, or the path of its file."""

ACTIONS = ("retry", "skip", "hold", "raise")
OTHERWISE = ("skip", "hold", "raise")

CONDITIONS = ("exception", "message", "file", "function", "cell")
TIMES = ("times", "delay", "factor", "max-delay")
KEYS = ("name", *CONDITIONS, "action", "run", *TIMES, "otherwise")

Json = dict[str, Any]


class PolicyError(ValueError):
    """A policy is wrong; the text says what, and where where that can be told."""


class Rule(Record, frozen=True):
    """One rule.

    Attributes:
        number: its place in the policy, from 1.
        name: what it is called in messages.
        line: where it stands, 0 if that is not known.
        exception: names of types; any of them, and what derives from them.
        message: a regular expression that is found in the message; empty for any.
        file: globs for the path, the path below the working folder, or the file's name.
        function: globs for the qualified name, or the name itself.
        cell: texts that the cell has, or globs (`*` and `?`) for all of it.
        action: one of `ACTIONS`.
        run: code that is run in the frame before that.
        times: how often the cell is tried again before it has run through.
        delay: seconds before the first retry; each later one waits `factor` times longer, and at
            most `most` seconds.
        otherwise: what is done when the retries have run out; empty for what is done without a
            policy.
    """

    number: int
    name: str = ""
    line: int = 0
    exception: tuple[str, ...] = ()
    message: str = ""
    file: tuple[str, ...] = ()
    function: tuple[str, ...] = ()
    cell: tuple[str, ...] = ()
    action: str = "retry"
    run: str = ""
    times: int = 1
    delay: float = 0.0
    factor: float = 2.0
    most: float = 60.0
    otherwise: str = ""

    def pause(self, attempt: int) -> float:
        """Seconds to wait before the retry `attempt`, from 1."""
        try:
            return min(self.most, self.delay * self.factor ** (attempt - 1))
        except OverflowError:
            return self.most


class Policy(Record, frozen=True):
    """Rules, of which the first that fits a crash counts; `source` is where they stand."""

    rules: tuple[Rule, ...]
    source: str = ""

    def to_json(self) -> Json:
        """The policy as plain data, which `from_json` takes."""
        fields = Rule.__match_args__
        rules = [{name: getattr(rule, name) for name in fields} for rule in self.rules]
        return {"checked": 1, "source": self.source, "rules": rules}

    @classmethod
    def from_json(cls, data: Json) -> Policy:
        """The policy that was told by `to_json`."""
        lists = ("exception", "file", "function", "cell")
        rules = []
        for each in data["rules"]:
            given: Any = {n: tuple(value) if n in lists else value for n, value in each.items()}
            rules.append(Rule(**given))
        return cls(tuple(rules), str(data["source"]))


def parse(text: str, source: str) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: it is no TOML, or what it says is not allowed.
    """
    table = loads(text, source)
    unknown(table, ("rules",), source, lambda key: line_of(text, key))
    return checked(table.get("rules", []), source, text)


def loads(text: str, source: str) -> Json:
    """The tables of a TOML file.

    Raises:
        PolicyError: it is no TOML.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        line = found[1] if found else text.count("\n") + 1
        said = str(error)[: found.start()] if found else str(error)
        raise PolicyError(f"{source}:{line}: this is no TOML: {said}") from None


def checked(rules: object, source: str, text: str = "") -> Policy:
    """The policy that has these rules.

    Args:
        rules: a list of tables.
        source: where they stand, for messages.
        text: the file that they were read from, in which lines are looked up.

    Raises:
        PolicyError: something in them is not allowed.
    """
    if not isinstance(rules, Sequence) or isinstance(rules, str):
        raise PolicyError(f"{source}: rules must be a list of tables ([[rules]])")
    headers = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if re.match(r"\s*\[\[\s*(tool\s*\.\s*daifu\s*\.\s*)?rules\s*\]\]", line)
    ]
    found = []
    for number, given in enumerate(rules, 1):
        first = headers[number - 1] if len(headers) == len(rules) else 0
        found.append(_Reader(number, given, source, text, first).rule())
    return Policy(tuple(found), source)


class _Reader:
    """Reads one rule through checks; each fault names the place and the key."""

    def __init__(self, number: int, given: object, source: str, text: str, line: int) -> None:
        self.number, self.source, self.text, self.line = number, source, text, line
        if not isinstance(given, Mapping):
            raise self.wrong("", f"must be a table, not {given!r}")
        self.given: Mapping[str, Any] = given

    def rule(self) -> Rule:
        unknown(self.given, KEYS, self.source, self.place, f"rule {self.number}: ")
        if "action" not in self.given:
            raise self.wrong("", f"has no action; it is one of {', '.join(ACTIONS)}")
        action = self.choice("action", ACTIONS)
        for key in TIMES:
            if key in self.given and action != "retry":
                raise self.wrong(key, f"belongs to the action retry, and this one is {action}")
        if "otherwise" in self.given and action in ("hold", "raise"):
            raise self.wrong("otherwise", f"cannot come after the action {action}")
        names = self.strings("exception")
        for name in names:
            if not named(name):
                raise self.wrong("exception", f"{name!r} is not the name of an exception type")
        return Rule(
            self.number,
            self.string("name"),
            self.line,
            names,
            self.pattern("message"),
            self.strings("file"),
            self.strings("function"),
            self.strings("cell"),
            action,
            self.code("run"),
            int(self.number_of("times", 1, 1, whole=True)),
            self.number_of("delay", 0.0, 0),
            self.number_of("factor", 2.0, 1),
            self.number_of("max-delay", 60.0, 0),
            self.choice("otherwise", OTHERWISE) if "otherwise" in self.given else "",
        )

    def string(self, key: str) -> str:
        value = self.given.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, f"must be a string, not {value!r}")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.given.get(key, ())
        found = (value,) if isinstance(value, str) else value
        if not isinstance(found, Sequence) or not all(isinstance(e, str) and e for e in found):
            raise self.wrong(key, f"must be a string or a list of strings, not {value!r}")
        return tuple(found)

    def choice(self, key: str, known: Sequence[str]) -> str:
        value = self.string(key)
        if value not in known:
            said = f"{value!r} is not one of {', '.join(known)}"
            raise self.wrong(key, said + near(value, known))
        return value

    def pattern(self, key: str) -> str:
        value = self.string(key)
        try:
            re.compile(value)
        except re.error as error:
            raise self.wrong(key, f"is no regular expression: {error}") from None
        return value

    def code(self, key: str) -> str:
        value = self.string(key)
        try:
            compile(value, "<run>", "exec")
        except (SyntaxError, ValueError) as error:
            raise self.wrong(key, f"is no Python: {error}") from None
        return value

    def number_of(self, key: str, default: float, least: float, whole: bool = False) -> float:
        value = self.given.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(key, f"must be a number, not {value!r}")
        if whole and not isinstance(value, int):
            raise self.wrong(key, f"must be a whole number, not {value!r}")
        if not least <= value < float("inf"):
            raise self.wrong(key, f"must be at least {least}, not {value!r}")
        return float(value)

    def place(self, key: str) -> int:
        """The line that a key stands on."""
        return line_of(self.text, key, self.line) or self.line

    def wrong(self, key: str, why: str) -> PolicyError:
        line = self.place(key) if key else self.line
        where = f"{self.source}:{line}" if line else self.source
        return PolicyError(f"{where}: rule {self.number}: {key + ' ' if key else ''}{why}")


def unknown(
    given: Mapping[str, Any], known: Sequence[str], source: str, place: Any, what: str = ""
) -> None:
    """Refuse a key that is not known, and name the one that was meant.

    Args:
        given: the keys.
        known: those there are.
        source: where they stand.
        place: gives the line of a key, 0 for none.
        what: comes before the key in the message.

    Raises:
        PolicyError: there is one.
    """
    for key in given:
        if key not in known:
            line = place(key)
            where = f"{source}:{line}" if line else source
            said = f"{where}: {what}{key!r} is not a key here"
            raise PolicyError(said + (near(key, known) or f"; they are {', '.join(known)}"))


def near(word: str, known: Sequence[str]) -> str:
    """What may have been meant by `word`, as the end of a sentence; empty if nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word.lower().replace("_", "-"), known, 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def line_of(text: str, key: str, first: int = 0) -> int:
    """The line on which `key` is set, behind the header on line `first`; 0 if it is not found."""
    pattern = re.compile(rf"""\s*(["']?){re.escape(key)}\1\s*=""")
    for number, line in enumerate(text.splitlines()[first:], first + 1):
        if first and line.lstrip().startswith("["):
            break
        if pattern.match(line) or (not first and re.match(rf"\s*\[.*\b{re.escape(key)}\b", line)):
            return number
    return 0
