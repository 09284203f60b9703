"""Which files are the project's own: the ones that are vaccinated without being asked to.

They lie under the working folder or beside the main script, and are no installed packages. Globs
include more or exclude some; a pattern is matched against the whole path and against the path below
each root.
"""

from __future__ import annotations

import fnmatch
import os
import stat
import sys
from collections.abc import Sequence
from functools import cache

from daifu_dap.common import folder as folders

INCLUDE, EXCLUDE = "DAIFU_INCLUDE", "DAIFU_EXCLUDE"
INSTALLED = ("site-packages", "dist-packages")
LIBRARY = os.path.dirname(os.path.realpath(os.__file__))
PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))

_roots: list[str] = []
_include: list[str] = []
_exclude: list[str] = []


def configure(
    roots: Sequence[str], include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> None:
    """Say which folders the project lies in, and which files are more or less than that."""
    _roots[:] = [folders.real(each) for each in roots]
    _include[:] = include
    _exclude[:] = exclude
    is_project.cache_clear()
    own_folder.cache_clear()


def configure_from_environment() -> None:
    """The same from the working folder and the environment."""
    configure([folders.working()], _patterns(INCLUDE), _patterns(EXCLUDE))


def add_root(folder: str) -> None:
    """Count `folder` among the project's."""
    folder = folders.real(folder)
    if folder not in _roots:
        _roots.append(folder)
        is_project.cache_clear()
        own_folder.cache_clear()


def add_script(path: str) -> None:
    """Count the folder of a main script among the project's, and that of the file it links to."""
    add_root(os.path.dirname(path))
    add_root(os.path.dirname(folders.real(path)))


def _patterns(variable: str) -> list[str]:
    return [each for each in os.environ.get(variable, "").split(os.pathsep) if each]


def state(path: str) -> os.stat_result | None:
    """The state of the file at `path` if it is one of the project's own; else None.

    It says the same as `is_project`, with one look at the file.
    """
    try:
        if _include or _exclude or not os.path.isabs(path):
            return os.stat(path) if is_project(path) else None
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            return os.stat(path) if is_project(path) else None
    except OSError:
        return None
    return found if own_folder(path.rpartition(os.sep)[0]) else None


@cache
def is_project(path: str) -> bool:
    """Whether the file at `path` is the project's own."""
    if not path or path.startswith("<"):
        return False
    folder, _, name = path.rpartition(os.sep)
    if not (_include or _exclude) and os.path.isabs(path) and not os.path.islink(path):
        return name != "" and own_folder(folder)
    path = folders.real(path)
    if below(path, PACKAGE) or _matches(path, _exclude):
        return False
    if _matches(path, _include):
        return True
    return own_folder(os.path.dirname(path))


@cache
def own_folder(folder: str) -> bool:
    """Whether the files right in `folder` are the project's own."""
    path = os.path.join(folders.real(folder), "file.py")
    if below(path, PACKAGE) or not any(below(path, root) for root in _roots):
        return False
    return not any(part in INSTALLED for part in path.split(os.sep)) and not standard(path)


def standard(path: str) -> bool:
    """Whether a file belongs to an interpreter or a virtual environment."""
    if below(path, LIBRARY):
        return True
    prefix = os.path.realpath(sys.prefix)
    return sys.prefix != sys.base_prefix and below(path, prefix)


def below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _matches(path: str, patterns: Sequence[str]) -> bool:
    names = [path, *(os.path.relpath(path, root) for root in _roots if below(path, root))]
    return any(fnmatch.fnmatch(name, each.removeprefix("**/")) or fnmatch.fnmatch(name, each)
               or fnmatch.fnmatch(name, "*/" + each.removeprefix("**/"))
               for name in names for each in patterns)  # fmt: skip
