"""Reading the arguments of a request: each fault names the field, and is a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from daifu_dap.common import refusals
from daifu_dap.common.refusals import Refusal


def wrong(field: str, why: str) -> Refusal:
    """The refusal of an argument; `why` goes on after its name, as in "must be a string"."""
    return Refusal.of(refusals.ARGUMENT, field=field, why=why)


class Fields:
    """The arguments of one request, read through checks at the point of use.

    Every method returns None for an argument that is absent or null, unless it is `required`, and
    raises the refusal DFU0021 with the argument's name for one of the wrong type.
    """

    def __init__(self, arguments: object, prefix: str = "") -> None:
        if arguments is None:
            arguments = {}
        if not isinstance(arguments, dict):
            raise wrong(prefix.rstrip(".") or "arguments", "must be an object")
        self.values: Mapping[str, Any] = arguments
        self.prefix = prefix

    def integer(self, name: str, *, required: bool = False, least: int | None = None) -> int | None:
        """An integer (a boolean is none)."""
        value = self._get(name, required)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(self.prefix + name, f"must be an integer, not {_kind(value)}")
        if least is not None and value < least:
            raise wrong(self.prefix + name, f"must be at least {least}")
        return value

    def string(self, name: str, *, required: bool = False) -> str | None:
        """A string."""
        value = self._get(name, required)
        if value is not None and not isinstance(value, str):
            raise wrong(self.prefix + name, f"must be a string, not {_kind(value)}")
        return value

    def boolean(self, name: str) -> bool | None:
        """A boolean."""
        value = self._get(name, False)
        if value is not None and not isinstance(value, bool):
            raise wrong(self.prefix + name, f"must be true or false, not {_kind(value)}")
        return value

    def record(self, name: str, *, required: bool = False) -> Fields | None:
        """An object, as fields of its own."""
        value = self._get(name, required)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise wrong(self.prefix + name, f"must be an object, not {_kind(value)}")
        return Fields(value, f"{self.prefix}{name}.")

    def strings(self, name: str) -> list[str] | None:
        """A list of strings."""
        value = self._get(name, False)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise wrong(self.prefix + name, "must be a list of strings")
        return list(value)

    def choice(self, name: str, known: Iterable[str]) -> str | None:
        """One of a few strings."""
        value = self.string(name)
        if value is not None and value not in known:
            raise wrong(self.prefix + name, f"must be one of {', '.join(known)}")
        return value

    def _get(self, name: str, required: bool) -> Any:
        value = self.values.get(name)
        if value is None and required:
            raise wrong(self.prefix + name, "is missing")
        return value


def _kind(value: object) -> str:
    """The JSON name of a value's type."""
    if isinstance(value, bool):
        return "a boolean"
    if value is None:
        return "null"
    names: dict[type, str] = {int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")
