"""Hints where a file was not found, or does not read as it should."""

from __future__ import annotations

import os
import re

from daifu_dap.common import folder
from daifu_dap.recovery.hints.site import Site, close, either


def file_error(site: Site, error: OSError, said: str) -> str | None:
    path = error.filename
    if found := re.match(r"Parent directory (.+) does not exist", said):
        path = os.path.join(found[1], "file")
    if not isinstance(path, str) or not path:
        return None
    whole = folder.whole(path)
    above = os.path.dirname(whole)
    relative = "" if os.path.isabs(path) else f", for it is relative to {folder.working()}"
    if isinstance(error, PermissionError):
        return (
            f"This user may not use {path}: write elsewhere, or mend its permissions, then retry."
        )
    if os.path.isdir(whole):
        return f"{path} is a folder: name a file in it."
    if os.path.isdir(above):
        near = close(os.path.basename(whole), _listed(above))
        likely = f" Did you mean {either([repr(each) for each in near])}?" if near else ""
        return f"{above} has no {os.path.basename(whole)!r}{relative}.{likely}"
    top = above
    while not os.path.isdir(top) and os.path.dirname(top) != top:
        top = os.path.dirname(top)
    lacking = os.path.relpath(above, top)
    return (
        f"{top} has no folder {lacking!r}{relative}: mend the path, or make it by "
        f"`os.makedirs({os.path.dirname(path)!r}, exist_ok=True)`, then retry."
    )


def _listed(folder: str) -> list[str]:
    """Some of what is in a folder; one with a million files is not read to its end."""
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            found.append(entry.name)
            if len(found) == 2000:
                break
    return found


def value_error(site: Site, error: ValueError, said: str) -> str | None:
    doc, place = getattr(error, "doc", None), getattr(error, "pos", None)
    if type(doc) is not str or type(place) is not int:
        return None
    if not doc.strip():
        return "The text is empty: see whether the file was written, or the answer came."
    return f"The text goes wrong at {doc[max(place - 20, 0) : place + 20]!r}, character {place}."
