"""What was vaccinated in this process."""

from __future__ import annotations

import sys


def vaccinated() -> dict[str, list[str]]:
    """The files that were vaccinated, and the functions in them that stayed plain."""
    if "daifu_dap.recovery.versions" not in sys.modules:
        return {"files": [], "plain": []}
    from daifu_dap.recovery import versions
    from daifu_dap.vaccine import compile, names
    from daifu_dap.vaccine.syntax import FUNCTIONS

    plain = []
    for path, file in sorted(versions.files().items()):
        code = compile.module(file.present)
        woven = {
            (each.co_qualname, each.co_firstlineno)
            for each in names.codes(code)
            if names.RUNTIME in each.co_names
        }
        for scope in file.present.scopes.values():
            if not isinstance(scope.node, FUNCTIONS) or not compile.split(scope.node.body)[1]:
                continue  # a body of nothing but a docstring
            try:
                where = scope.plain.co_qualname, scope.plain.co_firstlineno
            except KeyError:  # no code of it is made
                continue
            if where not in woven:
                plain.append(f"{path}:{where[1]} {where[0]}")
    return {"files": sorted(versions.files()), "plain": plain}
