"""What helps, where the message itself says enough: torch's, numpy's, and some of Python's."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import prod

__all__ = ["advice"]

Tell = str | Callable[[re.Match[str]], str]


def _shape(found: re.Match[str]) -> str:
    wanted, size = [int(each) for each in re.findall(r"-?\d+", found["shape"])], int(found["size"])
    asked = " x ".join(map(str, wanted))
    if -1 in wanted:
        rest = prod(each for each in wanted if each != -1)
        return (
            f"{size:,} elements cannot be split by {rest:,}: look at the shape of what is reshaped."
        )
    for place in range(len(wanted)):
        rest = prod(wanted[:place] + wanted[place + 1 :])
        if rest and size % rest == 0:
            free = [*map(str, wanted)]
            free[place] = "-1"
            told = f" `({', '.join(free)})` would fit, with {size // rest:,} there."
            break
    else:
        told = ""
    return f"{asked} is {prod(wanted):,}, and there are {size:,} elements.{told}"


def _inner(found: re.Match[str]) -> str:
    columns, rows = found[2], found[3]
    return (
        f"The last dimension of the first operand is {columns}, and {rows} is wanted (of a linear "
        f"layer: its `in_features`). Flatten, reshape or transpose it, or make the layer for "
        f"{columns}."
    )


def _last(found: re.Match[str]) -> str:
    index, name, size = int(found[1]), found[2], int(found[3])
    return f"Dimension {name} has the size {size:,}: its last index is {size - 1:,}, not {index:,}."


def _state(found: re.Match[str]) -> str:
    text = found.string
    first = re.search(r'"(module|_orig_mod)\.', text.partition("Unexpected key")[2])
    if first is not None:
        return f"The saved names begin with `{first[1]}.`: take that off, by `removeprefix`."
    if "size mismatch" in text and "Missing key" not in text:
        return "A layer has another size than the saved one: build the model as it was saved."
    return "The saved names are others: build the model as it was saved, or pass `strict=False`."


FLOOR = "`/` gives a float: use `//`, or `int(...)`."

TABLE: tuple[tuple[str, Tell], ...] = (
    # shapes
    (r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)", _inner),
    (
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton "
        r"dimension (\d+)",
        "Dimension {3} is {1} on one side and {2} on the other, and neither is 1: slice, pad or "
        "transpose one, or "
        "`unsqueeze` it where the other has a dimension more.",
    ),
    (r"shape '(?P<shape>\[[-\d, ]+\])' is invalid for input of size (?P<size>\d+)", _shape),
    (r"view size is not compatible", "Use `reshape`, or `.contiguous()` before `view`."),
    (
        r"Sizes of tensors must match except in dimension (\d+)\. Expected size (\d+) but got "
        r"size (\d+) for "
        r"tensor number (\d+)",
        "Tensor {4} of the list (from 0) has {3} where the first has {2}; only dimension {1} may "
        "differ. Pad or crop "
        "it, or join along another `dim`.",
    ),
    (
        r"stack expects each tensor to be equal size",
        "Pad or crop them to one size, or have the `DataLoader` do it in its `collate_fn`; `cat` "
        "joins sizes that differ "
        "in one dimension.",
    ),
    (
        r"weight of size \[(\d+), (\d+).*?\], expected input(\[.*?\]) to have (\d+) channels, "
        r"but got (\d+) channels",
        "The layer takes {4} channels, and the input {3} has {5} in dimension 1: make the layer "
        "for {5}, or bring the "
        "channels there with `permute`.",
    ),
    (
        r"Expected (\d)D \(unbatched\) or (\d)D \(batched\) input to (\w+), but got input of "
        r"size: (\[.*?\])",
        "The input {4} has another number of dimensions: `unsqueeze` adds one, say for the batch "
        "or the channels.",
    ),
    (
        r"Expected input batch_size \((\d+)\) to match target batch_size \((\d+)\)",
        "The output has {1} rows and the target {2}: look where one of them was flattened or "
        "reshaped.",
    ),
    (
        r"target size \(torch\.Size\((\[.*?\])\)\) (?:that is different|must be the same)[\w ]* "
        r"the input size "
        r"\(torch\.Size\((\[.*?\])\)\)",
        "The target is {1} and the input {2}: `squeeze` or `unsqueeze` one of them.",
    ),
    (
        r"Dimension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got "
        r"(-?\d+)\)",
        "The tensor has the dimensions 0 to {2}, and {3} was asked for.",
    ),
    # indices
    (
        r"invalid index of a 0-dim tensor|IndexError: invalid index to scalar",
        "The tensor is one number and has no dimension to index: take `.item()` in the place of "
        "the index.",
    ),
    (r"index (-?\d+) is out of bounds for (?:dimension|axis) (\d+) with size (\d+)", _last),
    (
        r"too many indices for tensor of dimension (\d+)|too many indices for array: array is "
        r"(\d+)-dimensional",
        "There are more indices than dimensions: take one away, or see whether a batch or "
        "channel dimension is lost.",
    ),
    (
        r"Target (-?\d+) is out of bounds",
        "A label is {1}, and the output has no such class: make the last layer larger, or mend "
        "the labels (they "
        "count from 0).",
    ),
    (
        r"^index out of range in self",
        "An index is not below the embedding's `num_embeddings`: look at the largest one, and "
        "mend the vocabulary "
        "or the layer.",
    ),
    (r"pop from empty (\w+)|pop from an empty (\w+)", "Nothing is left in it: test it before."),
    # dtypes and devices
    (
        r"must have the same dtype, but got (\w+) and (\w+)|expected m1 and m2 to have the same "
        r"dtype.*?: (\w+) != (\w+)",
        "Convert one of them, say the input to the dtype of the weights: `.float()`, or "
        "`.to(weight.dtype)`.",
    ),
    (
        r"expected target dtype to be Long",
        "Class labels are whole numbers: `.long()` on the target.",
    ),
    (
        r"expected scalar type (\w+) but found (\w+)",
        "{2} was given where {1} is wanted: convert it, say by `.to(dtype)`.",
    ),
    (
        r"Expected tensor for argument #\d+ '(\w+)' to have one of the following scalar types: "
        r"(.*?); but got (\S+)",
        "`{1}` must be one of {2}: `.long()` on it.",
    ),
    (
        r"on the same device, but (?:found|got)|is not on the expected device|Input type \(.*?\) "
        r"and weight type",
        "Move the model and every batch to one device: `.to(device)`.",
    ),
    (
        r"can't convert (\S+) device type tensor to numpy",
        "Bring it to the host first: `.detach().cpu().numpy()`.",
    ),
    (
        r"not compiled with CUDA enabled|Found no NVIDIA driver|No CUDA GPUs are available",
        'There is no CUDA here: `device = "cuda" if torch.cuda.is_available() else "cpu"`.',
    ),
    (
        r"Expected one of cpu, cuda",
        "`torch.device` knows `cpu`, `cuda` or `cuda:0`, `mps` and others.",
    ),
    # autograd
    (r"Can't call numpy\(\) on Tensor that requires grad", "Use `.detach().numpy()`."),
    (
        r"does not require grad and does not have a grad_fn",
        "Nothing in this result comes from a parameter with `requires_grad`: was it computed "
        "under `no_grad()`, "
        "detached, or are all parameters frozen?",
    ),
    (
        r"Trying to backward through the graph a second time",
        "Pass `retain_graph=True` to the first `backward`, or `detach()` what is carried over "
        "from the step before.",
    ),
    (
        r"leaf Variable that requires grad .*in-place|modified by an inplace operation",
        "Write `x = x + y` for `x += y` and leave out `inplace=True`; a parameter is changed "
        "under `torch.no_grad()`.",
    ),
    (
        r"grad can be implicitly created only for scalar outputs",
        "Reduce the loss first: `.mean()` or `.sum()`.",
    ),
    # values
    (
        r"Boolean value of Tensor with more than one value|truth value of an array with more "
        r"than one",
        "Say which is meant: `.any()` or `.all()`; `&` and `|` for `and` and `or`.",
    ),
    (
        r"a Tensor with (\d+) elements cannot be converted to Scalar|only one element tensors "
        r"can be converted",
        "`.item()` takes one number: reduce it first, by `.mean()` or an index.",
    ),
    (
        r"all elements of (?:input|target) should be between 0 and 1",
        "Use `BCEWithLogitsLoss`, or `sigmoid` before.",
    ),
    (
        r"DataLoader worker .*exited unexpectedly|DataLoader worker .*is killed",
        "With `num_workers=0` the worker's own error shows; a killed one often had too little "
        "(shared) memory.",
    ),
    (r"Error\(s\) in loading state_dict", _state),
    (
        r"operands could not be broadcast together",
        "Of each dimension, counted from the last, the sizes must be equal or 1.",
    ),
    (r"cannot reshape array of size (?P<size>\d+) into shape (?P<shape>\([\d, ]+\))", _shape),
    (
        r"tried to allocate ([\d.]+ \w+)",
        "{1} were wanted. Make the batch smaller, free what is not needed, or retry once it is "
        "free.",
    ),
    # Python's own
    (
        r"not enough values to unpack \(expected (\d+), got (\d+)\)",
        "There are {2} values for {1} names.",
    ),
    (
        r"too many values to unpack \(expected (\d+)\)",
        "There are more values than the {1} names: add `*rest`, or an index.",
    ),
    (
        r"invalid literal for int\(\) with base 10: '[-+\d]*\.\d+'",
        "The text is no whole number: `int(float(...))`.",
    ),
    (
        r"invalid literal for int|could not convert string to float",
        "The text is no number: strip it, skip a header or an empty field, or leave the record "
        "out.",
    ),
    (
        r"can only concatenate str \(not \"(\w+)\"\) to str",
        "Make text of the {1}: `str(...)`, or an f-string.",
    ),
    (
        r"unsupported operand type\(s\) for \S+ '(\w+)' and '(\w+)'",
        "One side is a `{1}`, the other a `{2}`: convert one of them.",
    ),
    (
        r"indices must be integers or slices, not float|'float' object cannot be interpreted as "
        r"an integer"
        r"|must be tuple of ints, (?:not|but found element of type) float",
        FLOOR,
    ),
    (
        r"(list|tuple|string) indices must be integers(?: or slices)?, not '?str",
        "A {1} has numbers for indices: is one of its items meant, or what it was read from?",
    ),
    (
        r"list indices must be integers or slices, not tuple",
        "A list has one dimension: `x[i][j]`, or an array of it.",
    ),
    (
        r"unhashable type: '(list|dict|set)'",
        "A key must not change: `tuple(...)` or `frozenset(...)` of the {1}.",
    ),
    (r"expected np\.ndarray \(got (\w+)\)", "`torch.tensor(...)` takes a {1}."),
    (
        r"only integer tensors of a single element can be converted",
        "Use `.long()`, and one index at a time.",
    ),
    (
        r"(?:min|max)\(\) (?:arg|iterable argument) is (?:an )?empty|from an empty sequence",
        "Nothing is in it: test it, or give `default=`.",
    ),
    (r"list\.remove\(x\): x not in list|is not in list", "Test with `in` before."),
    (r"codec can't (?:de|en)code", 'Say the right `encoding=`, or `errors="replace"`.'),
    (
        r"maximum recursion depth exceeded",
        "A function calls itself without an end: see what ends it.",
    ),
    (
        r"'(\w+)' object is not iterable",
        "A `{1}` was given where several values are wanted: `[x]`, or another variable?",
    ),
)


def advice(message: str) -> str | None:
    """Say what helps about an exception, None if its message is not one that is known."""
    for pattern, tell in TABLE:
        found = re.search(pattern, message, re.DOTALL | re.IGNORECASE)
        if found is not None:
            known = found[0], *found.groups("")
            return tell.format(*known) if isinstance(tell, str) else tell(found)
    return None
