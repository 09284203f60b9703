"""What a client may set: `initializationOptions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Settings"]

PACKAGE = Path(__file__).resolve().parents[1]
ROOTS = (PACKAGE, PACKAGE.parent)
"""Where the documentation lies: in an installed package, and in a checkout."""


@dataclass(frozen=True)
class Settings:
    """The settings; a value that is not of the right kind is as one that is not given.

    `documentation` is the address that the pages of refusals are relative to; without it they are
    those that came with this package. `hints` says whether effects are
    shown; `pause` is how many seconds nothing must have been typed before a text is judged.
    """

    documentation: str = ""
    hints: bool = True
    pause: float = 0.06

    @classmethod
    def read(cls, options: object) -> Settings:
        """Read them from `initializationOptions`."""
        if not isinstance(options, Mapping):
            return cls()
        base, hints, pause = (options.get(n) for n in ("documentation", "inlayHints", "debounceMs"))
        number = isinstance(pause, (int, float)) and not isinstance(pause, bool)
        return cls(
            base if isinstance(base, str) else cls.documentation,
            hints if isinstance(hints, bool) else cls.hints,
            min(max(float(pause), 0.0), 5_000.0) / 1_000 if number and pause else cls.pause,
        )

    def page(self, page: str) -> str:
        """Return the address of a page of the documentation, such as `docs/x.md#y`."""
        if self.documentation:
            return f"{self.documentation.rstrip('/')}/{page}"
        name, _, anchor = page.partition("#")
        found = [root / name for root in ROOTS if (root / name).is_file()]
        return f"{(found or [PACKAGE / name])[0].as_uri()}#{anchor}"
