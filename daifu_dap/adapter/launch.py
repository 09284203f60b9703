"""The attributes of `launch` and `attach` that are ours, and the environment they turn into.

debugpy's own attributes pass through untouched.  Ours are checked and taken out, because debugpy
hands what it does not know to child processes; a launched program learns about them through its
environment.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daifu_dap.adapter.fields import Fields, wrong
from daifu_dap.common import settings
from daifu_dap.common.rules import PolicyError
from daifu_dap.common.settings import Settings

VACCINATE = ("project", "decorated", "none")
ON_CONTINUE = ("retry", "raise")
ON_DISCONNECT = ("hold", "raise", "terminate")

BOOT = Path(__file__).resolve().parent.parent / "vaccine" / "boot"
"""The folder whose `sitecustomize` vaccinates a program from its start."""

ISOLATED = re.compile(r"-[bBdhiOPqRsuvx]*[EIS]")
"""An option with which the interpreter heeds no `PYTHONPATH`, or runs no `sitecustomize`."""

OURS = (
    "vaccinate",
    "vaccinateInclude",
    "vaccinateExclude",
    "onContinue",
    "onDisconnect",
    "accessToken",
    "journal",
    "policy",
)


@dataclass(frozen=True)
class Attributes:
    """What the person asked of us when the session began."""

    vaccinate: str = "project"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    on_continue: str = "retry"
    on_disconnect: str | None = None
    access_token: str | None = None
    cwd: str | None = None
    settings: Settings = field(default_factory=Settings)


def read(arguments: dict[str, Any], attaching: bool = False) -> tuple[Attributes, dict[str, Any]]:
    """Return our attributes, checked, and the arguments without them.

    With `attaching`, what the project says is left to the program, which knows where it works.

    Raises the refusal DFU0021, naming the field, for a value that is not allowed.
    """
    fields = Fields(arguments)
    vaccinate = fields.choice("vaccinate", VACCINATE)
    if vaccinate is None:
        vaccinate = os.environ.get("DAIFU_VACCINATE") or "project"
        if vaccinate not in VACCINATE:
            raise wrong("vaccinate", f"must be one of {', '.join(VACCINATE)} in DAIFU_VACCINATE")
    found = Attributes(
        vaccinate=vaccinate,
        include=tuple(fields.strings("vaccinateInclude") or ()),
        exclude=tuple(fields.strings("vaccinateExclude") or ()),
        on_continue=fields.choice("onContinue", ON_CONTINUE) or "retry",
        on_disconnect=fields.choice("onDisconnect", ON_DISCONNECT),
        access_token=fields.string("accessToken"),
    )
    for name, globs in (("vaccinateInclude", found.include), ("vaccinateExclude", found.exclude)):
        if any(os.pathsep in glob for glob in globs):
            raise wrong(name, f"must not contain {os.pathsep!r}")
    cwd = arguments.get("cwd")
    if isinstance(cwd, str):
        found = replace(found, cwd=cwd)
    try:
        journal, policy = fields.values.get("journal"), fields.values.get("policy")
        env = arguments.get("env")
        there = {**os.environ, **(env if isinstance(env, dict) else {})}
        where = found.cwd or os.getcwd()
        if attaching:
            at = settings.journal_at(where, journal)
            asked = Settings(at, settings.policy_at(where, policy))
        else:
            asked = settings.read(where, journal, policy, there)
    except PolicyError as error:
        raise wrong("policy", f"cannot be used: {error}") from None
    found = replace(found, settings=asked)
    return found, {name: value for name, value in arguments.items() if name not in OURS}


def vaccinated(arguments: dict[str, Any], attributes: Attributes) -> dict[str, Any]:
    """Return the launch arguments with the environment that starts the program vaccinated.

    The person's own `env` stays, `PYTHONPATH` included, which the boot folder goes in front of.
    Raises the refusal DFU0021 for an `env` that is not an object of strings.
    """
    env = arguments.get("env")
    if env is None:
        env = {}
    if not isinstance(env, dict):
        raise wrong("env", "must be an object")
    for name, value in env.items():
        if value is not None and not isinstance(value, str):
            raise wrong(f"env.{name}", "must be a string")
    added: dict[str, Any] = dict(env)
    if attributes.vaccinate != "none":
        search = added.get("PYTHONPATH", os.environ.get("PYTHONPATH"))
        added["PYTHONPATH"] = f"{BOOT}{os.pathsep}{search}" if search else str(BOOT)
        added["DAIFU_KEEP"] = "1" if attributes.on_disconnect == "hold" else "0"
    return {**arguments, "env": added | variables(attributes)}


def isolated(arguments: dict[str, Any]) -> bool:
    """Whether the interpreter of a launch may not get the environment that it would be vaccinated
    by: with `-I`, `-E` or `-S`, or under `sudo`."""
    command: list[Any] = []
    for name in ("python", "pythonPath", "pythonArgs"):
        given = arguments.get(name)
        command += given if isinstance(given, list) else []
    flags = any(isinstance(each, str) and ISOLATED.match(each) for each in command)
    return flags or bool(arguments.get("sudo"))


def variables(attributes: Attributes) -> dict[str, str]:
    """The environment variables by which vaccination knows what was asked for."""
    found = {"DAIFU_VACCINATE": attributes.vaccinate}
    if attributes.include:
        found["DAIFU_INCLUDE"] = os.pathsep.join(attributes.include)
    if attributes.exclude:
        found["DAIFU_EXCLUDE"] = os.pathsep.join(attributes.exclude)
    return found | attributes.settings.variables()
