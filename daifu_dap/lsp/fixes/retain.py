"""A graph that is gone when `backward` comes the second time: `retain_graph=True` the first time.

The graph of the present pass has been freed, so a retry fails again: the fix counts from the next
forward pass on, and its title says so. Where nothing but the forward pass lies between the passes'
beginning and the crash, going there (`goto`) loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change

__all__ = ["offer"]


def offer(case: Case) -> Iterator[Change]:
    """Offer to keep the graph in the calls of `backward` before the cell, in the same function; in
    the cell's own if it is alone."""
    says = r"Trying to backward through the graph a second time"
    own = list(_calls(case, case.cell))
    if case.crash.kind != "RuntimeError" or not case.says(says) or not own:
        return
    here = case.start(case.cell)
    before = [
        node
        for node in _calls(case, case.function(), deep=True)
        if case.start(node) < here and node not in own
    ]
    pairs = [(node, _keeping(node)) for node in before or own]
    title = "Keep the graph (retain_graph=True) from the next forward pass on"
    yield Change(title, case.changed(pairs).code)


def _keeping(call: cst.Call) -> cst.Call:
    plain = cst.SimpleWhitespace("")
    kept = cst.Arg(cst.Name("True"), cst.Name("retain_graph"), equal=cst.AssignEqual(plain, plain))
    return call.with_changes(args=[*(each for each in call.args if not _named(each)), kept])


def _calls(case: Case, within: cst.CSTNode, deep: bool = False) -> Iterator[cst.Call]:
    """The calls of `backward` that do not keep their graph."""
    waiting = [within]
    found = case.inside(cst.Call, within)
    if deep:
        nodes: list[cst.Call] = []
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, cst.Call):
                nodes.append(node)
            inner = (cst.FunctionDef, cst.ClassDef, cst.Lambda)
            waiting[:0] = [each for each in node.children if not isinstance(each, inner)]
        found = iter(nodes)
    for call in found:
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "backward":
            kept = [each for each in call.args if _named(each)]
            if not any(isinstance(e.value, cst.Name) and e.value.value == "True" for e in kept):
                yield call


def _named(argument: cst.Arg) -> bool:
    return argument.keyword is not None and argument.keyword.value == "retain_graph"
