"""A file that is to be written into a folder that is not there: make the folder first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change, name, source

__all__ = ["offer"]

_MISSING: Final = (
    (("FileNotFoundError",), r"\[Errno 2\] No such file or directory: '(?P<file>.+)'"),
    (("OSError", "RuntimeError"), r"Parent directory (?P<folder>.+) does not exist"),
    (("OSError",), r"Cannot save file into a non-existent directory: '(?P<folder>.+)'"),
)
_FIRST: Final = {"savetxt", "savez", "savez_compressed", "savefig", "imsave", "to_csv", "to_json"}
_SECOND: Final = {"save_image", "imwrite"}
_METHODS: Final = {"write_text", "write_bytes", "touch"}
_PURE: Final = {"join", "str", "Path", "fspath", "format"}


def offer(case: Case) -> Iterator[Change]:
    """Offer to make the folder of each file that the cell writes."""
    if not any(case.crash.kind in kinds and case.says(says) for kinds, says in _MISSING):
        return
    for node in case.inside(cst.Call):
        path = _written(node)
        if path is None or not _pure(path) or not _meant(case, path):
            continue
        own = node.func.value if isinstance(node.func, cst.Attribute) else None
        if own is path:
            made = f"{source(path)}.parent.mkdir(parents=True, exist_ok=True)"
            yield Change("Make the folder first", case.before(made).code)
            continue
        alias = case.imported("os") or "os"
        made = f"{alias}.makedirs({alias}.path.dirname({source(path)}), exist_ok=True)"
        module = case.importing(case.before(made), "os")
        yield Change("Make the folder first (os.makedirs)", module.code)


def _written(node: cst.Call) -> cst.BaseExpression | None:
    """The path of the file that a call writes."""
    called = name(node.func)
    owner = node.func.value if isinstance(node.func, cst.Attribute) else None
    if called == "open":
        mode = _argument(node, 1 if owner is None else 0, "mode")
        wanted = isinstance(mode, cst.SimpleString) and set(str(mode.evaluated_value)) & set("wax")
        return (owner or _argument(node, 0, "file")) if wanted else None
    if called in _METHODS:
        return owner
    if called == "save":
        known = {"torch": 1, "np": 0, "numpy": 0}
        place = known.get(source(owner)) if owner is not None else None
        return None if place is None else _argument(node, place, "f" if place else "file")
    if called in _FIRST:
        return _argument(node, 0, "fname")
    return _argument(node, 1, "fp") if called in _SECOND else None


def _argument(node: cst.Call, place: int, keyword: str) -> cst.BaseExpression | None:
    for number, each in enumerate(node.args):
        if each.star:
            return None
        if (each.keyword is None and number == place) or (
            each.keyword is not None and each.keyword.value == keyword
        ):
            return each.value
    return None


def _pure(path: cst.BaseExpression) -> bool:
    """Whether a path can be computed twice: names, strings, and what puts these together."""
    if isinstance(path, cst.Call):
        inside = all(each.star == "" and _pure(each.value) for each in path.args)
        own = not isinstance(path.func, cst.Attribute) or _pure(path.func.value)
        return name(path.func) in _PURE and inside and own
    if isinstance(path, cst.BinaryOperation):
        return _pure(path.left) and _pure(path.right)
    if isinstance(path, cst.Attribute):
        return _pure(path.value)
    if isinstance(path, cst.FormattedString):
        kept = (cst.FormattedStringText, cst.FormattedStringExpression)
        return all(
            isinstance(part, kept)
            and (not isinstance(part, cst.FormattedStringExpression) or _pure(part.expression))
            for part in path.parts
        )
    return isinstance(path, (cst.Name, cst.SimpleString, cst.Integer, cst.ConcatenatedString))


def _meant(case: Case, path: cst.BaseExpression) -> bool:
    """Whether the file that was not found is in a folder, and is this one as far as can be told."""
    said = next(found for _, says in _MISSING if (found := case.says(says)))
    file = said.groupdict().get("file")
    if file is not None and not os.path.dirname(file):
        return False
    if not isinstance(path, cst.SimpleString):
        return True
    text = path.evaluated_value
    if not isinstance(text, str) or not os.path.dirname(text):
        return False
    return file == text or os.path.dirname(text) == said.groupdict().get("folder")
