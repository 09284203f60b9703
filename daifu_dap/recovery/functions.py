"""Giving the functions of a file the code of its new text; the function objects stay."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Collection, Mapping
from functools import partial
from types import CodeType, FunctionType
from typing import Any

from daifu_dap.common import refusals
from daifu_dap.common.flags import awaitable
from daifu_dap.common.refusals import Notice
from daifu_dap.recovery import defaults, dynamo, living, twins
from daifu_dap.recovery.change import Change, Undo, outermost
from daifu_dap.vaccine.text import Scope, Text


class Functions:
    """The functions of a file whose text changes."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self._tops: dict[Text, dict[str, list[Scope]]] = {}

    def swap(self, module: dict[str, Any] | None, undo: Undo) -> None:
        """Give every function object of the file its new code."""
        old_names = {scope.qualname for scope in self.change.old.scopes.values()}
        self.change.functions += sorted(old_names & self.change.changed)
        for function in living.functions(self.change, module):
            old = function.__code__
            code = self.successor(old)
            if code is None:
                continue
            code = awaitable(code, old)
            renames = self.renames(old) if self.differ(old, code) else {}
            if code.co_freevars != tuple(renames.get(each, each) for each in old.co_freevars):
                added = sorted(set(code.co_freevars) - set(old.co_freevars))
                self.change.stale[id(function)] = old.co_qualname, ", ".join(added)
                continue
            undo.append(partial(assign, function, old))
            self.redefault(function, code, renames, undo)
            assign(function, code)
            self.change.file.remember(code)
            dynamo.changed(old)

    def successor(self, old: CodeType) -> CodeType | None:
        """The code of the new text for a function that has the code `old`; None: it keeps that."""
        text = self.change.file.text_of(old) or self.change.old
        scope = text.scope(old)
        top = self.enclosing(text, old)
        moved = self.change.same.get((top.qualname, top.first_line)) if top is not None else None
        if text is self.change.old and moved is not None:
            return rekeyed(old, self.change.file.texts, self.change.new.key, moved)
        if scope is None:
            return self.lambda_(old, top) if old.co_name == twins.LAMBDA else None
        new = self.change.twin(scope, text)
        if new is None or new.spaced:
            return None
        key = new.qualname, (new.first_line, 0, 0)
        if key not in self.change.fresh:  # the same as in the running text, not as in its own
            whole = self.enclosing(self.change.new, new.code)
            if whole is not None:
                self.change.compile(whole)
        return self.change.fresh.get(key)

    def differ(self, old: CodeType, new: CodeType) -> bool:
        """Whether two codes name parameters or closure variables differently."""
        one, two = defaults.parameters(old), defaults.parameters(new)
        return one != two or old.co_freevars != new.co_freevars

    def renames(self, code: CodeType) -> Mapping[str, str]:
        """What the variables that a function sees are called in the new text, if others."""
        text = self.change.file.text_of(code) or self.change.old
        scope = text.scope(code)
        if scope is None or isinstance(scope.node, ast.Module):
            return {}
        matching = self.change.matching(text)
        stmt = matching.old.find(scope.node.lineno, scope.node.col_offset)
        return {} if stmt is None else matching.renames(stmt)

    def redefault(
        self, function: FunctionType, code: CodeType, renames: Mapping[str, str], undo: Undo
    ) -> None:
        """Give a function the defaults that its new code needs."""
        text = self.change.file.text_of(function.__code__) or self.change.old
        scope = text.scope(function.__code__)
        new = self.change.twin(scope, text) if scope is not None else None
        if new is None or code.co_firstlineno != new.first_line:
            return
        found, missing = defaults.moved(function, code, new, renames)
        if missing:
            names = " and ".join(missing)
            place: dict[str, Any] = {"line": new.first_line, "column": 0}
            said = Notice.of(
                refusals.NO_DEFAULT,
                path=self.change.file.path,
                function=code.co_qualname,
                names=names,
                **place,
            )
            self.change.warnings.append(said.to_json())
        undo.append(partial(defaults.give, function, defaults.of(function)))
        defaults.give(function, found)

    def enclosing(self, text: Text, code: CodeType) -> Scope | None:
        """The outermost function of `text` that holds, or is, the function with this code."""
        known = self._tops.get(text)
        if known is None:
            known = self._tops[text] = {}
            for scope in outermost(text):
                known.setdefault(scope.qualname, []).append(scope)
        line = code.co_firstlineno
        for scope in known.get(code.co_qualname.partition(".<locals>.")[0], ()):
            node = scope.node
            assert not isinstance(node, ast.Module)
            if scope.first_line <= line <= (node.end_lineno or line):
                return scope
        return None

    def lambda_(self, old: CodeType, top: Scope | None) -> CodeType | None:
        """The code of what a lambda of an outermost function has become, if that can be told."""
        if top is None:
            return None
        codes = twins.alike(top.plain, old.co_qualname)
        known = [each for each in codes if twins.stands_for(each, old)]
        if not known:  # of an older text; it was left behind by an earlier edit
            return None
        new = self.change.twin(top, self.change.old)
        node = twins.node_of(known[0], codes, top) if len(known) == 1 else None
        image = twins.lambda_twin(node, self.change.matching()) if new and node else None
        if new is not None and image is not None:
            whole = self.change.whole.get((new.qualname, new.first_line))
            after = twins.alike(whole, old.co_qualname) if whole is not None else []
            found = twins.code_of(image, after, new)
            if found is not None:
                return found
        self.change.left_behind.add(old.co_qualname.removesuffix(f".<locals>.{twins.LAMBDA}"))
        return None


KINDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def assign(function: FunctionType, code: CodeType) -> None:
    """Give a function its code.

    To turn a function into a generator or so like this is deprecated. It is right here, and why it
    happens is not the program's doing: calls under way keep their code, only later ones have this.
    """
    if not (function.__code__.co_flags ^ code.co_flags) & KINDS:
        function.__code__ = code
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        function.__code__ = code


def rekeyed(code: CodeType, keys: Collection[str], key: str, shift: int) -> CodeType:
    """The same code in a text where its lines have moved: what names its text names that one."""
    consts: list[Any] = []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            const = rekeyed(const, keys, key, shift)
        elif isinstance(const, str) and const in keys:
            const = key
        elif isinstance(const, tuple) and len(const) == 2 and const[0] in keys:
            (first, column, last, end) = const[1]
            const = key, (first + shift, column, last + shift, end)
        consts.append(const)
    line = max(code.co_firstlineno + shift, 1)
    return code.replace(co_consts=tuple(consts), co_firstlineno=line)
