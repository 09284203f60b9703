"""Each kind of fix: the text before and after, and where it is not offered.

The messages are PyTorch 2.13's and CPython's own; `test_torch` and `test_whole` have them from the
real ones.
"""

from __future__ import annotations

from typing import Any

import pytest

from daifu_dap.lsp import fixes
from daifu_dap.lsp.fixes import device, skip

from .conftest import applied, offered

SCALAR = "IndexError: invalid index of a 0-dim tensor. Use `tensor.item()` in Python"
TWO = (
    "RuntimeError: Expected all tensors to be on the same device, but found at least two devices, "
    "cuda:0 and cpu!"
)
PRODUCT = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (3x4 and 5x4)"
TARGET = "RuntimeError: expected target dtype to be Long or Byte, but got Float"
NO_FILE = "FileNotFoundError: [Errno 2] No such file or directory: "
FLOAT = "TypeError: 'float' object cannot be interpreted as an integer"
VIEW = (
    "RuntimeError: view size is not compatible with input tensor's size and stride (at least one "
    "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
)
TWICE = "RuntimeError: Trying to backward through the graph a second time (or directly access"
MEMORY = "RuntimeError: [enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't"
SHARED = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"


def tensor(*shape: int, dtype: str = "float32", device: str = "cpu") -> dict[str, Any]:
    return {"type": "Tensor", "shape": list(shape), "dtype": dtype, "device": device}


def lines(*body: str) -> str:
    return "".join(f"{line}\n" for line in body)


GIVEN: list[tuple[str, str, dict[str, Any], str, str]] = [
    # cell, error, operands, title, cell afterwards
    ("s = loss.data[0]", SCALAR, {}, "Use loss.item()", "s = loss.item()"),
    ("s += loss[0] / 2", SCALAR, {"loss": tensor()}, "Use loss.item()", "s += loss.item() / 2"),
    ("s = (a + b)[0]", SCALAR, {}, "Use (a + b).item()", "s = (a + b).item()"),
    ("z = range(n / 2)", FLOAT, {}, "Divide", "z = range(n // 2)"),
    (
        "z = x[a / 2 : (b - 1) / 2]",
        "TypeError: slice indices must be integers or None or have an __index__ method",
        {},
        "Divide",
        "z = x[a // 2 : (b - 1) // 2]",
    ),
    (
        "z = f(g(1 / n), torch.zeros(n / 2, 3))",
        "TypeError: zeros() takes 1 positional argument but 2 were given",
        {},
        "Divide",
        "z = f(g(1 / n), torch.zeros(n // 2, 3))",
    ),
    (
        "z = [0] * (n / 2)",
        "TypeError: can't multiply sequence by non-int of type 'float'",
        {},
        "Divide",
        "z = [0] * (n // 2)",
    ),
    ("z = net(x)", TWO, {"x": tensor(2)}, "Move x", 'z = net(x.to("cuda:0"))'),
    (
        "z = x + y",
        TWO,
        {"x": tensor(2), "y": tensor(2, device="cuda:0")},
        "Move x",
        "z = x.to(y.device) + y",
    ),
    ("l = f(out, y)", TARGET, {"y": tensor(2)}, "Cast: y.long()", "l = f(out, y.long())"),
    (
        "l = f(net(x), self.y)",
        "RuntimeError: mat1 and mat2 must have the same dtype, but got Double and Float",
        {"x": tensor(2, dtype="float64"), "self.y": tensor(2)},
        "Cast: x.float()",
        "l = f(net(x.float()), self.y)",
    ),
    (
        "l = x @ w",
        "RuntimeError: expected m1 and m2 to have the same dtype, but got: long int != float",
        {"x": tensor(2, dtype="int64"), "w": tensor(2)},
        "Cast: x.float()",
        "l = x.float() @ w",
    ),
    (
        "l = conv(x)",
        "RuntimeError: Input type (c10::Half) and bias type (float) should be the same",
        {"x": tensor(2, dtype="float16")},
        "Cast: x.float()",
        "l = conv(x.float())",
    ),
    (
        "l = x.mean()",
        "RuntimeError: mean(): could not infer output dtype. Input dtype must be either a floating "
        "point or complex dtype. Got: Long",
        {"x": tensor(2, dtype="int64")},
        "Cast: x.float()",
        "l = x.float().mean()",
    ),
    (
        "z = relu([1.0, 2.0])",
        "TypeError: relu(): argument 'input' (position 1) must be Tensor, not list",
        {},
        "Make it a tensor",
        "z = relu(torch.tensor([1.0, 2.0]))",
    ),
    (
        "z = net(a)",
        "TypeError: linear(): argument 'input' (position 1) must be Tensor, not numpy.ndarray",
        {"a": {"type": "ndarray", "shape": [2]}},
        "Make it a tensor",
        "z = net(torch.as_tensor(a))",
    ),
    (
        "z = a @ b",
        PRODUCT,
        {"a": tensor(3, 4), "b": tensor(5, 4)},
        "Transpose: b.T",
        "z = a @ b.T",
    ),
    (
        "z = torch.matmul(a, b)",
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x3 and 4x5)",
        {"a": tensor(4, 3), "b": tensor(4, 5)},
        "Transpose: a.T",
        "z = torch.matmul(a.T, b)",
    ),
    ("z = a.t().view(-1)", VIEW, {}, "Use reshape", "z = a.t().reshape(-1)"),
    ("l.backward()", TWICE, {}, "Keep the graph", "l.backward(retain_graph=True)"),
    (
        "z = net(x, k, mask=m)",
        SHARED,
        {"x": tensor(8, 2), "m": tensor(8)},
        "Do this batch in two halves",
        "z = torch.cat([net(x_half, k, mask=m_half) for x_half, m_half in "
        "zip(x.chunk(2), m.chunk(2), strict=True)])",
    ),
]


@pytest.mark.parametrize(("cell", "error", "operands", "title", "mended"), GIVEN)
def test_what_is_offered(
    cell: str, error: str, operands: dict[str, Any], title: str, mended: str
) -> None:
    text = lines("import torch", "", "def f(x):  # ä", f"    {cell}  # why", "    return 1")
    found = offered(text, cell, error, operands=operands)
    (fix,) = [each for each in found if each.title.startswith(title)]
    assert applied(fix, text) == text.replace(cell, mended)
    assert fix.preferred


WITHOUT: list[tuple[str, str, dict[str, Any]]] = [
    ("s = loss.data[1]", SCALAR, {}),
    ("s = loss[0]", SCALAR, {"loss": tensor(3)}),
    ("s = loss[0]", "IndexError: list index out of range", {}),
    ("z = range(n - 2)", FLOAT, {}),
    ("z = range(int(n / 2), m)", FLOAT, {}),
    ("z = n / 2", FLOAT, {}),
    ("z = x[n / 2]", "IndexError: list index out of range", {}),
    ("z = f(n / 2)", "TypeError: zeros() takes 1 positional argument but 2 were given", {}),
    ("z = net(x)", TWO, {}),
    ("z = net(x)", TWO, {"x": {"type": "list"}}),
    ("z = net(x)", "RuntimeError: something else", {"x": tensor(2)}),
    ("z = net(x)", TWO, {"x": tensor(2, device="cuda:1")}),
    ("l = f(out, y)", TARGET, {"y": tensor(2, dtype="int64")}),
    ("l = f(out, y)", "RuntimeError: something else", {"y": tensor(2)}),
    (
        "z = relu(x)",
        "TypeError: relu(): argument 'input' must be Tensor, not list",
        {"x": tensor(1)},
    ),
    (
        "z = x.append(1)",
        "AttributeError: 'list' object has no attribute 'apend'",
        {"x": {"type": "list"}},
    ),
    ("z = net(a)", PRODUCT, {"a": tensor(3, 4)}),
    ("z = a @ b", PRODUCT, {"a": tensor(3, 4), "b": tensor(5, 6)}),
    ("z = a @ b", "RuntimeError: something else", {"a": tensor(3, 4), "b": tensor(5, 4)}),
    ("z = a.reshape(-1)", VIEW, {}),
    ("z = a.view(-1)", "RuntimeError: shape '[5]' is invalid for input of size 12", {}),
    ("l.backward(retain_graph=True)", TWICE, {}),
    ("l.step()", TWICE, {}),
    ("l = cross_entropy(x, y)", SHARED, {"x": tensor(8, 2), "y": tensor(8)}),
    ("z = net(x)", SHARED, {"x": tensor(1, 2)}),
    ("z = super().forward(x)", SHARED, {"x": tensor(8, 2)}),
    ("z = net(x, k := 1)", SHARED, {"x": tensor(8, 2)}),
    ("z = net(x, y)", SHARED, {"x": tensor(8, 2), "y": tensor(4)}),
    ("z = net(x)", "RuntimeError: something else", {"x": tensor(8, 2)}),
    ("z = lenght", "NameError: name 'length' is not defined", {}),
    ("z = a.lenght", "AttributeError: 'A' object has no attribute 'other'", {}),
    ("z = open('d/x.txt')", f"{NO_FILE}'d/x.txt'", {}),
    ("z = open('d/x.txt', 'w')", f"{NO_FILE}'e/y.txt'", {}),
    ("z = open('x.txt', 'w')", f"{NO_FILE}'x.txt'", {}),
    ("z = open(name(), 'w')", f"{NO_FILE}'d/x.txt'", {}),
    ("z = open('d/x.txt', 'w')", "PermissionError: [Errno 13] Permission denied: 'd/x.txt'", {}),
]


@pytest.mark.parametrize(("cell", "error", "operands"), WITHOUT)
def test_what_is_not(cell: str, error: str, operands: dict[str, Any]) -> None:
    text = lines("import torch", "", "def f(x):", f"    {cell}", "    return 1")
    found = offered(text, cell, error, operands=operands, suggestions=["size"])
    assert [each.title for each in found] == []


def test_a_device_is_named_as_the_text_names_it() -> None:
    text = lines("device = pick()", "def f(x):", "    return net(x)")
    (fix,) = offered(text, "return", TWO, operands={"x": tensor(2)})
    assert "return net(x.to(device))" in fix.text
    text = lines("def f(self, x):", "    self.device = 1", "    return net(x)")
    (fix,) = offered(text, "return", TWO, operands={"x": tensor(2)})
    assert "return net(x.to(self.device))" in fix.text
    assert device.offer.__doc__


@pytest.mark.parametrize("call", ["open(p, 'w')", "open(file=p, mode='a')", "open(p, 'xb')"])
def test_a_folder_is_made_before_a_with(call: str) -> None:
    text = lines("'''Doc.'''", "def f(p):", "    # why", f"    with {call} as s:", "        pass")
    (fix,) = offered(text, "with", f"{NO_FILE}'d/x.txt'")
    assert fix.text == lines(
        "'''Doc.'''",
        "import os",
        "def f(p):",
        "    # why",
        "    os.makedirs(os.path.dirname(p), exist_ok=True)",
        f"    with {call} as s:",
        "        pass",
    )


def test_a_folder_is_made_for_what_torch_saves() -> None:
    text = lines("import os as o", "import torch", "torch.save(net, f'{run}/net.pt')")
    error = "RuntimeError: Parent directory runs/1 does not exist."
    (fix,) = offered(text, "save", error)
    line = "o.makedirs(o.path.dirname(f'{run}/net.pt'), exist_ok=True)"
    assert fix.text == text.replace("torch.save", f"{line}\ntorch.save")


def test_names_that_were_there_are_offered_the_likeliest_first() -> None:
    text = lines("def f(a):", "    return lenght + a.lenght + g(lenght=lenght)")
    error = "NameError: name 'lenght' is not defined"
    found = offered(text, "return", error, suggestions=["length", "lengths"])
    assert [(each.title, each.preferred) for each in found] == [
        ("Did you mean length?", True),
        ("Did you mean lengths?", False),
    ]
    assert "return length + a.lenght + g(lenght=length)" in found[0].text
    found = offered(text + "length = 1\n", "return", error)
    assert [each.title for each in found] == ["Did you mean length?"]


def test_the_first_backward_keeps_the_graph() -> None:
    text = lines("def f(a, b):", "    a.backward(retain_graph=False)", "    b.backward()")
    (fix,) = offered(text, "b.backward", TWICE)
    assert fix.text == text.replace("False", "True")


def test_sizes_of_batches_are_halved() -> None:
    text = lines("batch_size = 64", "it = DataLoader(d, batch_size=7)", "net(x)")
    found = offered(text, "net", SHARED, operands={"x": tensor(8)})
    halves = [text.replace("64", "32"), text.replace("7", "3")]
    assert [each.text for each in found] == halves
    assert not any(each.preferred for each in found)
    assert offered(text, "net", "RuntimeError: something else") == []


def test_a_pass_of_a_loop_is_skipped() -> None:
    text = lines(
        "import torch", "def f(xs):", "    for x in xs:", "        # why", "        y = g(x)"
    )
    (fix,) = offered(text, "y = g", "ValueError: no")
    assert fix.text == lines(
        "import torch",
        "def f(xs):",
        "    for x in xs:",
        "        # why",
        "        try:",
        "            y = g(x)",
        "        except ValueError:",
        "            continue",
    )
    names = {SHARED: "torch.OutOfMemoryError", "json.decoder.JSONDecodeError: no": "Exception"}
    for error, name in names.items():
        assert f"except {name}:" in offered(text, "y = g", error)[-1].text


@pytest.mark.parametrize(
    "text",
    [
        lines("def f(x):", "    y = g(x)  # here"),
        lines("for x in xs:", "    def f():", "        y = g(x)  # here"),
        lines("for x in xs:", "    pass", "else:", "    y = g(x)  # here"),
        lines("for x in g(xs):  # here", "    pass"),
        lines("for x in xs:", "    if g(x):  # here", "        pass"),
        lines(
            "for x in xs:", "    try:", "        y = g(x)  # here", "    finally:", "        h()"
        ),
        lines("def f(xs):", "    for x in xs:", "        return g(x)  # here"),
    ],
)
def test_where_nothing_can_be_skipped(text: str) -> None:
    assert offered(text, "# here", "ValueError: no") == []
    assert skip.offer in fixes.KINDS


def test_fixes_are_made_of_the_text_as_it_is_edited() -> None:
    text = lines("def f(x):", "    a = 1", "    s = loss[0]", "    return s")
    buffer = lines(
        "def f(x):", "    # more", "", "    a = 1", "    s = loss[0] + 1", "    return s"
    )
    (fix,) = offered(text, "loss[0]", SCALAR, buffer=buffer)
    assert applied(fix, buffer) == buffer.replace("loss[0]", "loss.item()")
    mixed = buffer.replace("\n", "\r\n")
    assert applied(fix, mixed) == mixed.replace("loss[0]", "loss.item()")


def test_a_fault_in_one_kind_does_not_cost_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(case: object) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(fixes, "KINDS", (broken, *fixes.KINDS))
    text = lines("def f(x):", "    s = loss[0]", "    return s")
    assert [each.title for each in offered(text, "loss[0]", SCALAR)] == ["Use loss.item()"]
