"""Operands on different devices: `.to(device)` for the one on the wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from daifu_dap.lsp.fixes.case import Case, Change, Use, call

__all__ = ["offer"]

_NAME: Final = r"[a-z]+(?::\d+)?"
_SAYS: Final = (
    rf"found at least two devices, (?P<one>{_NAME}) and (?P<two>{_NAME})",
    rf"but got \S+ is on (?P<one>{_NAME}), different from other tensors on (?P<two>{_NAME})",
    rf"Tensor on device (?P<one>{_NAME}) is not on the expected device (?P<two>{_NAME})",
)
_OWN: Final = r"^\s*device\s*(:[^=]*)?=[^=]|\bdef\b[^\n]*\bdevice\b|\bas device\b"
_SELF: Final = r"^\s*self\.device\s*(:[^=]*)?=[^=]"


def offer(case: Case) -> Iterator[Change]:
    """Offer to move each operand that is on one of the two devices to the other; first those that
    are on the host, which is where data begins."""
    said = next((found for each in _SAYS if (found := case.says(each))), None)
    if case.crash.kind != "RuntimeError" or said is None:
        return
    devices = said.group("one"), said.group("two")
    uses = [use for use in case.tensors() if use.kind.get("device") in devices]
    places = {use.kind["device"] for use in uses}
    for use in sorted(uses, key=lambda each: each.kind["device"] != "cpu"):
        here = use.kind["device"]
        if here == "meta" or (len(places) > 1 and here != "cpu" and "cpu" in devices):
            continue
        there = devices[1] if here == devices[0] else devices[0]
        made = call(use.node, "to", _target(case, uses, there))
        title = f"Move {use.name} to the other operand's device ({there})"
        yield Change(title, case.replaced(use.node, made).code)


def _target(case: Case, uses: list[Use], there: str) -> str:
    """How the text names a device."""
    other = next((use.name for use in uses if use.kind["device"] == there), None)
    if other is not None:
        return f"{other}.device"
    if case.binds(_OWN):
        return "device"
    return "self.device" if case.binds(_SELF) else repr(there).replace("'", '"')
