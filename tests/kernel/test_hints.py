"""The hint at a crash names what is known there: lengths, keys, names that were perhaps meant."""

from __future__ import annotations

from pathlib import Path

import pytest

import daifu_dap as daifu
from tests.kernel.conftest import Lab

CASES = [
    # what stands before, the cell, a part of the hint
    ("total = 1", "log(totl)", "Did you mean `total`?"),
    ("", "np.zeros(3)", "`import numpy as np` is perhaps missing"),
    ("", "textwrap.dedent('')", "`import textwrap` is perhaps missing"),
    ("", "log(qqqqq)", "Nothing is called `qqqqq` in this function"),
    ("if log is None: late = 1", "log(late)", "`late` has no value here: what assigns it"),
    ("words = ['a']", "words.appendd(1)", "Did you mean `append`?"),
    ("net = None", "net.train()", "`net` is None: look where it comes from"),
    ("net = None", "log(net[0])", "`net` is None"),
    ("net = None", "for each in net: pass", "`net` is None"),
    ("a, b = None, 2", "log(b + a)", "`a` is None"),
    ("import os", "os.qqqqq", "`os` has no `qqqqq`: it may be of another version"),
    ("", "import jsonn", "Did you mean `json`? Else install it into this interpreter"),
    ("", "import os.pathh", "Did you mean `os.path`?"),
    ("", "from json import lods", "Did you mean `loads` or `load`?"),
    (
        "rows, i = [1, 2], 4",
        "log(rows[i + 1])",
        "`rows` has 2 items, and `i + 1` is 5: the last index is 1.",
    ),
    ("rows = [1]", "log(rows[5])", "`rows` has 1 item: the last index is 0."),
    ("rows = [1, 2]", "log(rows[-3])", "`rows` has 2 items: the first index is -2."),
    ("rows = {'a': [[], 1]}", "rows['a'][0][0] = 3", "`rows['a'][0]` is empty"),
    ("config = {'lr': 1, 'seed': 2}", "log(config['seeed'])", "Did you mean 'seed'?"),
    ("config = {'lr': 1, 'seed': 2}", "config.pop('zz')", "`config` has the keys 'lr', 'seed'"),
    ("config = {5: 1}", "log(config['5'])", "`config` has the key 5, not '5': convert it."),
    ("config = {}", "log(config['a'])", "`config` is empty"),
    ("import os", "log(os.environ['NO_SUCH'])", "The environment has no NO_SUCH"),
    ("rows = (x for x in 'ab')", "log(rows[0])", "`rows` has no indices: `list(...)` of it has."),
    ("loss = 2.0", "loss(3)", "`loss` is a `float`"),
    ("def f(rate, *, steps=1): pass", "f(1, step=2)", "Did you mean `steps`? It takes `rate`"),
    ("import textwrap", "textwrap.wrap()", "It takes `text`, `width`."),
    ("count = 0", "log(1 / count)", "`count` is 0"),
    ("count, total = 0, 1", "total /= count", "`count` is 0"),
    ("import json", "json.loads('')", "The text is empty"),
    ("import json", "json.loads('[1,')", "The text goes wrong at '[1,', character 3."),
    ("import os", "open(os.path.join(here, 'dta.csv'))", "Did you mean 'data.csv'?"),
    ("import os", "open(os.path.join(here, 'run/model.pt'), 'w')", "has no folder 'run'"),
    ("", "open(here)", "is a folder: name a file in it."),
    ("", "log(1 + 'a')", "One side is a `int`, the other a `str`"),
    ("", "log('a' + 1)", "Make text of the int"),
    ("", "range(4 / 2)", "use `//`"),
    ("", "a, b = (1, 2, 3)", "more values than the 2 names"),
    ("", "int('1.5')", "`int(float(...))`"),
    ("", "{[1]: 2}", "`tuple(...)` or `frozenset(...)` of the list"),
    ("", "raise ValueError('of my own')", "Mend the line and replace the cell"),
]

TORCH = [
    ("", "x @ torch.zeros(8, 4)", "The last dimension of the first operand is 10, and 8 is wanted"),
    ("", "nn.Linear(8, 4)(x)", "The last dimension of the first operand is 10, and 8 is wanted"),
    ("", "torch.zeros(3) + torch.zeros(4)", "Dimension 0 is 3 on one side and 4 on the other"),
    ("", "x.view(3, 7)", "3 x 7 is 21, and there are 160 elements."),
    ("", "x.view(7, 20)", "`(-1, 20)` would fit, with 8 there."),
    ("", "x.t().view(-1)", "Use `reshape`"),
    ("loss = torch.tensor(3.0)", "log(loss.data[0])", "take `.item()` in the place of the index"),
    ("", "x[:, 20]", "Dimension 1 has the size 10: its last index is 9, not 20."),
    ("", "torch.cat([x, torch.zeros(10, 8)])", "Tensor 1 of the list (from 0) has 8 where"),
    ("", "torch.stack([x, x[1:]])", "Pad or crop them to one size"),
    ("", "F.cross_entropy(x, torch.zeros(16))", "`.long()` on the target"),
    ("", "F.cross_entropy(x, torch.zeros(15).long())", "The output has 16 rows and the target 15"),
    ("", "F.cross_entropy(x, torch.full((16,), 10))", "A label is 10"),
    ("", "nn.Embedding(4, 3)(torch.tensor([5]))", "`num_embeddings`"),
    ("", "nn.Embedding(4, 3)(torch.tensor([1.0]))", "`indices` must be one of Long, Int"),
    ("", "nn.Linear(10, 4)(x.double())", "Convert one of them"),
    (
        "",
        "nn.Conv2d(3, 4, 3)(torch.zeros(1, 1, 8, 8))",
        "The layer takes 3 channels, and the input",
    ),
    ("", "nn.Conv2d(3, 4, 3)(torch.zeros(8, 8))", "`unsqueeze` adds one"),
    ("y = torch.zeros(3, requires_grad=True)", "y.numpy()", "`.detach().numpy()`"),
    ("y = torch.zeros(3, requires_grad=True)", "y += 1", "under `torch.no_grad()`"),
    ("y = torch.zeros(3, requires_grad=True)", "(y * 2).backward()", "Reduce the loss first"),
    ("", "x.sum().backward()", "Nothing in this result comes from a parameter"),
    (
        "y = torch.zeros(3, requires_grad=True); z = (y * y).sum(); z.backward()",
        "z.backward()",
        "`retain_graph=True`",
    ),
    ("", "bool(x)", "`.any()` or `.all()`"),
    ("", "x.item()", "`.item()` takes one number"),
    ("net = nn.Linear(2, 2)", "net.wieght", "Did you mean `weight`?"),
    ("", "torch.optim.Adam([x], lrr=1)", "Did you mean `lr`?"),
    ("", "torch.matmull", "Did you mean `matmul`?"),
    ("", "torch.save(x, here + '/run/model.pt')", "has no folder 'run'"),
    (
        "saved = {'module.' + k: v for k, v in nn.Linear(2, 2).state_dict().items()}",
        "nn.Linear(2, 2).load_state_dict(saved)",
        "The saved names begin with `module.`",
    ),
    ("y = torch.zeros(3, device='meta')", "x[0, :3] + y", "to one device"),
    ("", "torch.zeros(6).numpy().reshape(4, 2)", "4 x 2 is 8, and there are 6 elements."),
]


USUAL = """
import torch
from torch import nn
import torch.nn.functional as F

x = torch.zeros(16, 10)
"""


def hint_at(lab: Lab, above: str, before: str, cell: str) -> str:
    """The hint at the crash of a cell."""
    told: list[str] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        told.append(crash.hint)
        return daifu.Raise()

    body = "\n".join(f"    {line}" for line in (before, cell) if line)
    head = f"{above}here = {str(lab.folder)!r}\n"
    lab.woven(f"{head}def main():\n{body}\n", answer)
    (hint,) = told
    return hint


@pytest.mark.parametrize(("before", "cell", "part"), CASES)
def test_a_hint_is_about_this_crash(lab: Lab, before: str, cell: str, part: str) -> None:
    Path(lab.folder, "data.csv").touch()
    assert part in hint_at(lab, "", before, cell)


@pytest.mark.torch
@pytest.mark.parametrize(("before", "cell", "part"), TORCH)
def test_a_hint_is_about_this_crash_of_torchs(lab: Lab, before: str, cell: str, part: str) -> None:
    assert part in hint_at(lab, USUAL, before, cell)


def test_a_hint_runs_nothing_of_the_programs(lab: Lab) -> None:
    text = """
    class Sly(dict):
        ran = []
        def __len__(self): self.ran.append("len"); return 1
        def __iter__(self): self.ran.append("iter"); return iter(())
        def keys(self): self.ran.append("keys"); return []
        def __repr__(self): self.ran.append("repr"); return ""
        def __eq__(self, other): self.ran.append("eq"); return False
        __hash__ = object.__hash__
        @property
        def secret(self): self.ran.append("property"); return {}
    class Key(str):
        def __repr__(self): Sly.ran.append("key's repr"); return ""
    def main():
        sly = Sly({Sly(): 1, "known": 2, Key("other"): 3})
        return sly["knwn"]
    """
    told: list[str] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        before = list(crash.frame.f_globals["Sly"].ran)
        told.append(crash.hint)
        assert crash.frame.f_globals["Sly"].ran == before
        return daifu.Return(1)

    assert lab.woven(text, answer)[0] == 1
    assert told == ["`sly` has no key 'knwn'. Did you mean 'known'?"]


def test_an_exception_that_cannot_be_read_has_the_general_hint(lab: Lab) -> None:
    text = """
    class Odd(KeyError):
        def __str__(self): raise RuntimeError
    def main():
        raise Odd(1)
    """
    told: list[str] = []

    def answer(crash: daifu.Crash) -> daifu.Resolution:
        told.append(crash.hint)
        return daifu.Return(1)

    daifu.set_crash_handler(answer)
    assert lab.outcome(lab.module(text))[0] == 1
    assert told[0].startswith("Look up the call's arguments")
