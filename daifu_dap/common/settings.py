"""What a project asks for itself: the table `[tool.daifu]` of its pyproject.toml.

    [tool.daifu]
    journal = "runs/journal.jsonl"      # or false
    policy = "policy.toml"              # or the rules here:
    [[tool.daifu.rules]]
    ...

The nearest pyproject.toml at or above the folder that a program is started in counts.  A command
line or a launch configuration that says something goes before it.  What counts ends up in the
environment, by which the program and its children know it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from daifu_dap.common import rules
from daifu_dap.common.folder import whole, working
from daifu_dap.common.record import Record
from daifu_dap.common.rules import Policy, PolicyError

JOURNAL = "DAIFU_JOURNAL"
FILE = "pyproject.toml"
KEYS = ("journal", "policy", "rules")

Wanted = str | bool | None


class Settings(Record, frozen=True):
    """Where the journal is (`off` for none, None: nothing was said), and the policy."""

    journal: str | None = None
    policy: Policy | None = None

    def variables(self) -> dict[str, str]:
        """The environment variables by which a program knows this."""
        found = {}
        if self.journal is not None:
            found[JOURNAL] = self.journal
        if self.policy is not None:
            import json

            found[rules.VARIABLE] = json.dumps(self.policy.to_json())
        return found


def read(
    folder: str,
    journal: Wanted = None,
    policy: object = None,
    environment: Mapping[str, Any] | None = None,
) -> Settings:
    """What counts for a program that is started in `folder`.

    Args:
        folder: where it is started.
        journal: a path, or whether there is to be one; None if nothing was said.
        policy: the path of a policy file, or the rules themselves (a list, or an object that has
            it under `rules`); None if nothing was said.
        environment: the program's; what it says stays, and is left out here.

    Raises:
        PolicyError: what is said here, or in the pyproject.toml, is not allowed.
    """
    given = Settings(journal_at(folder, journal), policy_at(folder, policy))
    there = environment or {}
    kept = journal is not None or there.get(JOURNAL) is not None
    ruled = policy is not None or bool(there.get(rules.VARIABLE))
    if kept and ruled:
        return given
    own = project(folder)
    # Said in any case: a child that works in another folder is to find it, too.
    usual = own.journal or journal_at(folder, True)
    return Settings(given.journal if kept else usual, given.policy if ruled else own.policy)


def settled(folder: str) -> Settings:
    """The same for a program of which the environment may say something already.

    Raises:
        PolicyError: what it, or the pyproject.toml, says is not allowed.
    """
    given = Settings(os.environ.get(JOURNAL), from_environment())
    if given.journal is not None and given.policy is not None:
        return given
    own = project(folder)
    journal = given.journal if given.journal is not None else own.journal
    return Settings(journal, given.policy or own.policy)


def project(folder: str) -> Settings:
    """What the nearest pyproject.toml says; nothing where that cannot be read.

    Raises:
        PolicyError: its table of ours is not allowed.
    """
    path = nearest(folder)
    if path is None:
        return Settings()
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except (OSError, ValueError):
        return Settings()
    if "tool.daifu" not in text.replace(" ", "").replace('"', ""):
        return Settings()
    tool = rules.loads(text, path).get("tool", {})
    table = tool.get("daifu", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise PolicyError(f"{path}: tool.daifu must be a table")
    rules.unknown(table, KEYS, path, lambda key: rules.line_of(text, key), "tool.daifu: ")
    if "policy" in table and "rules" in table:
        line = rules.line_of(text, "policy")
        raise PolicyError(f"{path}:{line}: tool.daifu: policy and rules exclude each other")
    where, found = os.path.dirname(path), None
    if "rules" in table:
        found = rules.checked(table["rules"], path, text)
    elif "policy" in table:
        if not isinstance(table["policy"], str):
            line = rules.line_of(text, "policy")
            raise PolicyError(f"{path}:{line}: tool.daifu: policy must be the path of a file")
        found = policy_at(where, table["policy"])
    return Settings(journal_at(where, table.get("journal")), found)


def nearest(folder: str) -> str | None:
    """The pyproject.toml at or above a folder."""
    at = whole(folder)
    while True:
        path = os.path.join(at, FILE)
        if os.path.isfile(path):
            return path
        above = os.path.dirname(at)
        if above == at:
            return None
        at = above


def journal_at(folder: str, wanted: object) -> str | None:
    """Where a journal is that was asked for in `folder`.

    Raises:
        PolicyError: it is neither a path nor true or false.
    """
    if wanted is None or wanted is True:
        usual = os.path.join(whole(folder), ".daifu", "journal.jsonl")
        return None if wanted is None else usual
    if wanted is False or wanted == "off":
        return "off"
    if not isinstance(wanted, str) or not wanted:
        raise PolicyError(f"journal must be a path, true or false, not {wanted!r}")
    return os.path.join(whole(folder), wanted)


def policy_at(folder: str, wanted: object) -> Policy | None:
    """The policy that was asked for in `folder`.

    Raises:
        PolicyError: it cannot be read, or is not allowed.
    """
    if wanted is None:
        return None
    if isinstance(wanted, dict):
        rules.unknown(wanted, ("rules",), "policy", lambda key: 0)
        return rules.checked(wanted.get("rules", []), "policy")
    if isinstance(wanted, list):
        return rules.checked(wanted, "policy")
    if not isinstance(wanted, str) or not wanted:
        raise PolicyError(f"policy must be the path of a file, or rules, not {wanted!r}")
    path = os.path.join(whole(folder), wanted)
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise PolicyError(f"{path}: the policy cannot be read: {why}") from None
    return rules.parse(text, path)


def from_environment() -> Policy | None:
    """The policy that the environment has.

    Raises:
        PolicyError: it is not allowed.
    """
    text = os.environ.get(rules.VARIABLE, "").strip()
    if not text:
        return None
    if text[0] not in "{[":
        return policy_at(working(), text)
    import json

    try:
        data: Any = json.loads(text)
        if isinstance(data, dict) and data.get("checked"):
            return Policy.from_json(data)
    except (ValueError, TypeError, KeyError) as error:
        raise PolicyError(f"{rules.VARIABLE}: this is no policy: {error}") from None
    return policy_at(working(), data)
