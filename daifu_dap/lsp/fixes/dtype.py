"""Operands of the wrong dtype: `.long()`, `.float()` and the like, as the error's text says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from daifu_dap.lsp.fixes.case import Case, Change, call

__all__ = ["offer"]

_NAMES: Final = {
    "long": "int64",
    "long int": "int64",
    "int64": "int64",
    "longtensor": "int64",
    "int": "int32",
    "int32": "int32",
    "short": "int16",
    "short int": "int16",
    "char": "int8",
    "signed char": "int8",
    "byte": "uint8",
    "unsigned char": "uint8",
    "bool": "bool",
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "c10::half": "float16",
    "bfloat16": "bfloat16",
    "c10::bfloat16": "bfloat16",
    "floattensor": "float32",
    "doubletensor": "float64",
    "halftensor": "float16",
    "inttensor": "int32",
    "shorttensor": "int16",
    "bytetensor": "uint8",
    "booltensor": "bool",
}
_CASTS: Final = {
    "int64": "long",
    "float32": "float",
    "float64": "double",
    "float16": "half",
    "bfloat16": "bfloat16",
}
_FLOATS: Final = ("float32", "float64", "float16", "bfloat16")
_WHOLE: Final = ("int64", "int32", "int16", "int8", "uint8", "bool")

_TARGETS: Final = (
    r"expected target dtype to be Long or Byte, but got (?P<got>\w+)",
    r"one of the following scalar types: Long, Int; but got torch\.(?:cuda\.)?(?P<got>\w+) instead",
    r"expected scalar type Long but found (?P<got>\w+)",
)
_INDICES: Final = (
    r"one_hot is only applicable to index tensor of type LongTensor",
    r"Expected dtype int32(/| or )int64 for index",
    r"tensors used as indices must be long, int, byte or bool tensors",
)
_PAIRS: Final = (
    r"have the same dtype, but got:? (?P<one>[\w: ]+?) (?:and|!=) (?P<two>[\w: ]+)",
    r"Input type \((?P<one>[\w: ]+)\) and (?:weight|bias) type \((?P<two>[\w: ]+)\)",
    r"Found dtype (?P<one>\w+) but expected (?P<two>\w+)",
    r"expected scalar type (?P<two>\w+) but found (?P<one>\w+)",
)
_WHOLES: Final = (
    r"Input dtype must be either a floating point or complex dtype\. Got: (?P<got>\w+)",
    r"not implemented for '(?P<got>\w+)'",
    r"Expected a floating point or complex tensor as input\. Got (?P<got>\w+)",
    r"can't be cast to the desired output type (?P<got>\w+)",
    r"std and var only support floating point and complex dtypes",
)


def offer(case: Case) -> Iterator[Change]:
    """Offer the cast that the message asks for, for each operand that has the dtype it is about."""
    if case.crash.kind not in ("RuntimeError", "NotImplementedError", "IndexError"):
        return
    wrong, wanted = _wanted(case)
    cast = _CASTS.get(wanted)
    if cast is None:
        return
    for use in case.tensors():
        if use.kind.get("dtype") in wrong:
            made = call(use.node, cast)
            yield Change(f"Cast: {use.name}.{cast}()", case.replaced(use.node, made).code)


def _wanted(case: Case) -> tuple[tuple[str, ...], str]:
    """Which dtypes are wrong, and which is wanted; the latter is empty if that is not known."""
    for each in _TARGETS:
        if said := case.says(each):
            return (_dtype(said.group("got")),), "int64"
    if any(case.says(each) for each in _INDICES):
        return _FLOATS, "int64"
    for each in _PAIRS:
        if said := case.says(each):
            return _mended(_dtype(said.group("one")), _dtype(said.group("two")))
    for each in _WHOLES:
        if said := case.says(each):
            got = said.groupdict().get("got")
            wrong = _WHOLE if got is None else (_dtype(got),)
            return (wrong, "float32") if set(wrong) <= set(_WHOLE) else ((), "")
    return (), ""


def _mended(one: str, two: str) -> tuple[tuple[str, ...], str]:
    """Of two dtypes that should be one: an integer gives way, then what is no plain float; else
    the first, which is the input, to the second, which is the weight."""
    if one in _WHOLE and two in _FLOATS:
        return (one,), two
    if two in _WHOLE and one in _FLOATS:
        return (two,), one
    if "float64" in (one, two):
        return ("float64",), two if one == "float64" else one
    return (one,), two


def _dtype(said: str) -> str:
    return _NAMES.get(said.strip().lower(), "")
