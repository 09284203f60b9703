"""Running statements of a new text in the module that exists."""

from __future__ import annotations

import ast
import sys
from types import CodeType, ModuleType
from typing import Any

from daifu_dap.common import align, refusals
from daifu_dap.common.folder import real
from daifu_dap.common.refusals import Refusal
from daifu_dap.recovery.change import Change
from daifu_dap.recovery.crash import Crash
from daifu_dap.recovery.imports import Imports
from daifu_dap.vaccine import compile as compiler
from daifu_dap.vaccine.weave import Outside


class Additions:
    """What is new in a file's text, as it is run.

    Attributes:
        change: the new text.
        module: the globals that it is run in.
        imported: takes note of what is imported meanwhile.
    """

    def __init__(self, change: Change, module: dict[str, Any], imported: Imports) -> None:
        self.change = change
        self.module = module
        self.imported = imported

    def run(self, every: bool) -> None:
        """Run the imports, definitions and constants that are new, or every new statement."""
        module_level = self.change.plan is not None and self.change.plan.scope is None
        matching = self.change.matching(self.change.base if module_level else self.change.old)
        for stmt in align.additions(matching, matching.new, self.change.plan, every=every):
            node = self.new_node(stmt.line, stmt.column)
            if node is None:
                continue
            self.execute(self.compiled(node), node)

    def execute(self, code: CodeType, node: ast.stmt, *spaces: dict[str, Any]) -> None:
        """Run what a statement of the new text was compiled to.

        Raises:
            Refusal: it raised; ending the program (`SystemExit`) is a way to do that.
        """
        try:
            with self.imported.noted():
                exec(code, self.module, *spaces)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise Refusal.of(
                refusals.APPLY_RAISED,
                path=self.change.file.path,
                line=node.lineno,
                statement=self.change.new.segment(node).splitlines()[0],
                error=f"{type(error).__name__}: {error}",
            ) from error
        self.change.file.remember(code)

    def compiled(self, node: ast.stmt) -> CodeType:
        """Code that runs one statement of the new text, with its functions vaccinated."""
        weaving = compiler.Weaving(self.change.new, self.change.file.select)
        tree = ast.Module(Outside(weaving).block([node]), [])
        return compiler.statements(self.change.new, tree, weaving)

    def new_node(self, line: int, column: int) -> ast.stmt | None:
        for node in self.change.new.tree.body:
            if (node.lineno, node.col_offset) == (line, column):
                return node
        return None


def namespace(path: str, crash: Crash | None) -> dict[str, Any] | None:
    """The globals of the module at `path`."""
    if crash is not None and path == crash.filename:
        return crash.frame.f_globals
    wanted = real(path)
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) if isinstance(module, ModuleType) else None
        if isinstance(file, str) and real(file) == wanted:
            return vars(module)
    return None


def put_back(module: dict[str, Any], before: dict[str, Any]) -> None:
    """Give the globals of a module back what they were."""
    for name in [each for each in module if each not in before]:
        del module[name]
    module.update(before)
