"""The texts that this process runs: for each file every version that still runs, and which is the
present one.
"""

from __future__ import annotations

import importlib
import weakref
from collections.abc import Collection
from functools import cached_property
from types import CodeType

from daifu_dap.common import folder
from daifu_dap.vaccine import names
from daifu_dap.vaccine.cache import Cached
from daifu_dap.vaccine.compile import Select, everything
from daifu_dap.vaccine.text import Text

FEW = 8
"""How many texts a file may have before those that nothing runs are let go."""


class File:
    """A vaccinated file.

    Attributes:
        path: as its code objects have it.
        texts: every version that is run or was not long ago, by key.
        present: the version that new calls run.
        select: which of its functions are vaccinated.
        body: whether its module-level code is.
    """

    def __init__(self, text: Text, select: Select, body: bool) -> None:
        self.path = text.path
        self.texts = {text.key: text}
        self.present = text
        self.select = select
        self.body = body
        self._made: list[CodeType] = []

    def _living(self, which: str) -> weakref.WeakValueDictionary[int, CodeType]:
        """Code objects that live, by identity; made when first asked for, since most files never
        crash.
        """
        if which not in vars(self):
            vars(self).setdefault(which, weakref.WeakValueDictionary())
        found: weakref.WeakValueDictionary[int, CodeType] = vars(self)[which]
        return found

    @cached_property
    def real(self) -> str:
        """The path without links."""
        return folder.real(self.path)

    def remember(self, code: CodeType) -> None:
        """Note vaccinated code of this file, for as long as it lives or is not asked for."""
        self._made.append(code)

    def resumes(self, text: Text, code: CodeType) -> None:
        """Note the code of a continuation in `text`; functions it defines are as any others."""
        self.add(text)
        self._living("_living_rests")[id(code)] = code
        self._made += [each for each in code.co_consts if isinstance(each, CodeType)]

    def rests(self) -> list[CodeType]:
        """The code objects of continuations of this file that live now."""
        return list(self._living("_living_rests").values())

    def prune(self, kept: Collection[Text]) -> None:
        """Let go of old texts, but for some, that no code which lives was made from."""
        if len(self.texts) <= FEW:
            return
        named = {self.present.key, *(each.key for each in kept)}
        for code in (*self.codes(), *self.rests()):
            named.update(each for each in code.co_consts if isinstance(each, str))
        for key in [each for each in self.texts if each not in named]:
            self.texts.pop(key, None)

    @property
    def _codes(self) -> weakref.WeakValueDictionary[int, CodeType]:
        known = self._living("_living_codes")
        while self._made:
            for each in names.codes(self._made.pop()):
                known[id(each)] = each
        return known

    def codes(self) -> list[CodeType]:
        """The vaccinated code objects of this file that live now."""
        return list(self._codes.values())

    def text_of(self, code: CodeType) -> Text | None:
        """The text that vaccinated code of this file was made from; None for any other code."""
        if self._codes.get(id(code)) is not code:
            return None
        named = (each for each in code.co_consts if isinstance(each, str) and each in self.texts)
        return next((self.texts[each] for each in named), None)

    def running(self, code: CodeType) -> Text | None:
        """The text that vaccinated code of this file runs, continuations too."""
        if names.RUNTIME not in code.co_names:
            return None
        named = (self.texts.get(each) for each in code.co_consts if isinstance(each, str))
        return next((each for each in named if each is not None), None)

    def add(self, text: Text) -> Text:
        """Make `text` known; gives the one known already if it is the same."""
        if text.key not in self.texts:
            # What compares two texts is there before a crash needs it.
            importlib.import_module("daifu_dap.common.match")
        return self.texts.setdefault(text.key, text)


_files: dict[str, File] = {}
"""By path. There is no lock: each use of it is one operation, which no other thread comes into."""


_expected: dict[str, Cached] = {}
"""Files of which nothing was asked since they were loaded from a cache; most never crash."""


def expect(path: str, cached: Cached) -> None:
    """Say that the file at `path` now runs by what is `cached`."""
    if known(path) is None:
        _expected[path] = cached
    else:
        register(cached.text(path)).remember(cached.code)


def known(path: str) -> File | None:
    """The vaccinated file at `path`, spelt like this."""
    file = _files.get(path)
    if file is None and (cached := _expected.get(path)) is not None:
        made = File(cached.text(path), everything, True)
        made.remember(cached.code)
        file = _files.setdefault(path, made)
        _expected.pop(path, None)
    return file


def register(text: Text, select: Select = everything, body: bool = True) -> File:
    """Say that `text` now runs as its file's present version."""
    file = known(text.path)
    if file is None:
        made = File(text, select, body)
        file = _files.setdefault(text.path, made)
        if file is made:
            return made
    file.present = file.add(text)
    file.body = file.body or body
    if body:
        file.select = select
    return file


def files() -> dict[str, File]:
    """Every vaccinated file, by path."""
    for path in _expected.copy():
        known(path)
    return _files.copy()


def find(path: str) -> File | None:
    """The vaccinated file at `path`, however the path is spelt."""
    file = known(path)
    if file is not None:
        return file
    wanted = folder.real(path)
    return next((each for each in files().values() if each.real == wanted), None)


def text_of(code: CodeType, key: str) -> Text | None:
    """The text that vaccinated `code` was made from."""
    file = known(code.co_filename)
    return file.texts.get(key) if file is not None else None
