"""A list, or an array, where a tensor is due: `torch.tensor(...)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import libcst as cst

from daifu_dap.lsp.fixes.case import Case, Change, source

__all__ = ["offer"]

_DUE: Final = (
    r"must be Tensor, not (?P<got>list|tuple|numpy\.ndarray)",
    r"unsupported operand type\(s\) for \S+: 'Tensor' and '(?P<got>list|tuple)'",
    r"unsupported operand type\(s\) for \S+: '(?P<got>list|tuple)' and '(Tensor|Parameter)'",
)
_ELEMENT: Final = r"only integer tensors of a single element can be converted to an index"
_LACKS: Final = r"'(?P<got>list|tuple)' object has no attribute '(?P<name>\w+)'"
_METHODS: Final = frozenset(
    [
        "argmax",
        "argmin",
        "backward",
        "bool",
        "cpu",
        "cuda",
        "detach",
        "device",
        "dim",
        "double",
        "dtype",
        "exp",
        "flatten",
        "float",
        "int",
        "item",
        "log",
        "long",
        "mean",
        "max",
        "min",
        "ndim",
        "norm",
        "numel",
        "numpy",
        "permute",
        "pow",
        "relu",
        "reshape",
        "requires_grad",
        "shape",
        "sigmoid",
        "size",
        "softmax",
        "sqrt",
        "squeeze",
        "std",
        "sum",
        "t",
        "tanh",
        "to",
        "tolist",
        "topk",
        "transpose",
        "type",
        "unsqueeze",
        "var",
        "view",
    ]
)


def offer(case: Case) -> Iterator[Change]:
    """Offer to make a tensor of each operand that was such a list."""
    got = _got(case)
    if got is None:
        return
    torch = case.imported("torch") or "torch"
    maker = "tensor" if got in ("list", "tuple") else "as_tensor"
    for node in _operands(case, got):
        made = cst.parse_expression(f"{torch}.{maker}({source(node)})")
        module = case.importing(case.replaced(node, made), "torch")
        yield Change(f"Make it a tensor: {source(made)}", module.code)


def _got(case: Case) -> str | None:
    """The type of what came in the place of a tensor."""
    if case.crash.kind == "TypeError":
        for each in _DUE:
            if said := case.says(each):
                return said.group("got").rpartition(".")[2]
        return "list" if case.says(_ELEMENT) else None
    said = case.says(_LACKS)
    if case.crash.kind != "AttributeError" or said is None or said.group("name") not in _METHODS:
        return None
    return said.group("got")


def _operands(case: Case, got: str) -> Iterator[cst.BaseExpression]:
    lacks = case.says(_LACKS)
    for use in case.uses():
        if use.kind.get("type") == got and (lacks is None or _fits(case, use.node, lacks["name"])):
            yield use.node
    for node in case.nodes():
        if not isinstance(node, cst.List if got == "list" else cst.Tuple) or got == "ndarray":
            continue
        if isinstance(case.parent(node), (cst.BinaryOperation, cst.Attribute)):
            yield node
        elif isinstance(case.parent(node), cst.Arg):
            call = case.parent(case.parent(node))
            assert isinstance(call, cst.Call)
            if source(call.func).rpartition(".")[2] not in ("tensor", "as_tensor", "stack", "cat"):
                yield node


def _fits(case: Case, node: cst.CSTNode, attribute: str) -> bool:
    """Whether the attribute that a list lacks is asked of this one, or of an argument elsewhere."""
    parent = case.parent(node)
    return not isinstance(parent, cst.Attribute) or parent.attr.value == attribute
