"""Functions and modules for `torch.compile`, with and without graph breaks; see `test_compiled`."""

# ruff: noqa: B007, B905, F841, SIM108

import contextlib

import torch
from torch import nn


def straight(x):
    y = x.sin()
    return y * 2


def loop(x):
    for i in range(3):
        x = x + i
    return x


def loop_list(x):
    out = []
    for t in (x, x + 1):
        out.append(t.cos())
    return torch.stack(out)


def zipped(x):
    for i, (a, b) in enumerate(zip([1, 2], [3, 4])):
        x = x * a + b + i
    return x


def branch(x, flag=True):
    if flag:
        return x.sin()
    return x.cos()


def no_grad(x):
    with torch.no_grad():
        y = x * 2
    return y + 1


def no_grad_return(x):
    with torch.no_grad():
        return x * 2


def autocast(x):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = x @ x
    return y + 1


def nested_with(x):
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for i in range(2):
            x = x @ x
    return x


class Manager:
    def __init__(self):
        self.n = 0

    def __enter__(self):
        self.n += 1
        return self

    def __exit__(self, *a):
        self.n -= 1


@contextlib.contextmanager
def gen_manager():
    yield 3


def user_manager(x):
    with Manager() as m:
        x = x + m.n
    return x


def user_gen_manager(x):
    with gen_manager() as m:
        x = x + m
    return x


def try_finally(x):
    n = 0
    try:
        x = x.sin()
    finally:
        n = 2
    return x + n


def try_except(x):
    try:
        x = x.sin()
    except ValueError:
        x = x.cos()
    return x


def try_except_raised(x):
    try:
        if x.shape[0] == 4:
            raise ValueError("a")
    except ValueError:
        x = x.cos()
    return x


def comprehension(x):
    xs = [x * i for i in range(3)]
    return sum(xs) + sum(v for v in xs)


def closure(x):
    k = 2

    def inner(y):
        return y * k

    k = 3
    return inner(x) + inner(x)


def early(x):
    for i in range(4):
        if i == 2:
            return x * i
        x = x + 1
    return x


def while_loop(x):
    i = 0
    while i < 3:
        i += 1
        if i == 2:
            continue
        x = x + i
    else:
        x = x * 2
    return x


def printing(x):
    y = x.sin()
    print("", end="")
    return y + 1


def data_branch(x):
    y = x.sin()
    if y.sum() > 100:
        y = y + 1
    else:
        y = y - 1
    return y * 2


def item(x):
    y = x.sin()
    s = y.sum().item()
    return y * s


def printing_in_loop(x):
    for i in range(3):
        x = x.sin()
        print("", end="")
        x = x + i
    return x


def printing_in_with(x):
    with torch.no_grad():
        y = x.sin()
        print("", end="")
        y = y + 1
    return y * 2


def printing_in_finally_try(x):
    n = 0
    try:
        x = x.sin()
        print("", end="")
        x = x + 1
    finally:
        n = 1
    return x + n


def printing_in_user_with(x):
    with Manager() as m:
        y = x.sin()
        print("", end="")
        y = y + 1
    return y * 2


def calls(x):
    return loop(x) + branch(x, False) + closure(x)


def calls_breaking(x):
    return printing(x) + data_branch(x)


def explicit(x):
    x = x + 1
    torch._dynamo.graph_break()
    return x * 2


def explicit_three(x):
    x = x + 1
    torch._dynamo.graph_break()
    x = x * 2
    torch._dynamo.graph_break()
    return x - 1


def explicit_no_grad_loop(x):
    for i in range(2):
        with torch.no_grad():
            x = x + 1
            torch._dynamo.graph_break()
            x = x * 2
    return x


def generator(x):
    def gen():
        for i in range(3):
            yield x * i

    s = x
    for v in gen():
        s = s + v
    return s


class Net(nn.Module):
    def __init__(self, n=4):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, n) for _ in range(3)])
        self.scale = 2

    def block(self, layer, x):
        return torch.relu(layer(x)) * self.scale

    def forward(self, x):
        for layer in self.layers:
            x = self.block(layer, x)
        if self.training:
            x = nn.functional.dropout(x, 0.0)
        with torch.autocast("cpu", enabled=False):
            x = x + 1
        return x


class Child(Net):
    def forward(self, x):
        y = super().forward(x)
        with torch.no_grad():
            z = y.mean()
        return y * z


class Breaking(Net):
    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = self.block(layer, x)
            if i == 1:
                print("", end="")
        return x


@torch.no_grad()
def decorated(x):
    for i in range(2):
        x = x + i
    return x


def kw(x, *args, a=1, **k):
    return x * a + len(args) + len(k)


def raised_inside(x):
    try:
        refusing(x)
    except ValueError:
        x = x.cos()
    return x


def refusing(x):
    raise ValueError("no")


def cell_argument(x, k=2):
    def scale(y):
        nonlocal k
        k += 1
        return y * k

    return scale(x) + scale(x) + k


def makes_function(x):
    def later(y):
        return y + x

    return later


def nested_generator(x):
    def numbers():
        for i in range(3):
            try:
                yield i
            finally:
                x.sin()

    return x + sum(numbers())


def named_tuple_kwonly(x, /, *, a=3, **rest):
    return x * a + len(rest)
