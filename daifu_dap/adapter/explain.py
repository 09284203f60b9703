"""What `exceptionInfo` says at a crash beside the exception: its operands, and what usually helps.

Editors show the description in the box at the line that failed, so that is where the shapes, dtypes
and devices of the tensors belong that a message of torch's leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["explained"]

Json = dict[str, Any]

MOST = 12


def explained(crash: Mapping[str, Any], body: Json) -> Json:
    """Return an `exceptionInfo` answer with more in its description.

    Args:
        crash: the body of `daifu/describe`.
        body: the answer, which stays as it is otherwise.
    """
    parts = [str(body.get("description") or "")]
    operands = crash.get("operands")
    if isinstance(operands, Mapping):
        lines = [f"{name}: {kind(told)}" for name, told in operands.items()]
        more = ["..."] if len(lines) > MOST else []
        parts.append("\n".join(lines[:MOST] + more))
    parts.append(str(crash.get("hint") or ""))
    return {**body, "description": "\n\n".join(part for part in parts if part)}


def kind(told: Mapping[str, Any]) -> str:
    """Say in a few words what an operand is, as `Tensor [16, 10] float32 on cpu`."""
    words = [str(told.get("type"))]
    if "shape" in told:
        words.append(str(told["shape"]))
    if "length" in told:
        words.append(f"of {told['length']}")
    if "dtype" in told:
        words.append(str(told["dtype"]))
    if "device" in told:
        words.append(f"on {told['device']}")
    return " ".join(words)
