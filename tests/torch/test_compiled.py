"""`torch.compile` sees plain code: as many graphs of vaccinated functions, as few breaks."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from daifu_dap.vaccine import hook, names, project

from .conftest import Fault, Programs

HERE = Path(__file__).parent
GRAPHS = HERE / "graphs.py"


def loaded(woven: bool) -> ModuleType:
    """The functions of `graphs.py`, plain or vaccinated."""
    module = ModuleType("graphs")
    module.__file__ = str(GRAPHS)
    source = GRAPHS.read_bytes()
    if woven:
        code = hook.vaccinated(str(GRAPHS), source)
    else:
        code = compile(source, str(GRAPHS), "exec", dont_inherit=True)
    exec(code, vars(module))
    return module


@pytest.fixture(scope="module")
def graphs() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The functions plain, and vaccinated."""
    import torch._dynamo

    saved = (list(project._roots), list(project._include), list(project._exclude))
    project.configure([str(HERE)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield loaded(False), loaded(True)
    project.configure(*saved)
    torch._dynamo.reset()


NAMES = [
    line.split()[1].split("(")[0].rstrip(":")
    for line in GRAPHS.read_text().splitlines()
    if line.startswith(("def ", "class "))
]
NOT_CALLED_ALONE = {"Manager", "gen_manager", "refusing", "makes_function"}


def explained(function: Any) -> dict[str, Any]:
    """What Dynamo makes of a function, and what the compiled function and the plain one give."""
    import torch

    torch._dynamo.reset()
    if isinstance(function, type):
        torch.manual_seed(0)
        function = function()
    x = torch.arange(16.0).reshape(4, 4) / 16
    seen = torch._dynamo.explain(function)(x)
    torch._dynamo.reset()
    return {
        "graphs": seen.graph_count,
        "breaks": seen.graph_break_count,
        "operations": [
            [getattr(each, "__name__", str(each)) for each in operations]
            for operations in seen.ops_per_graph or ()
        ],
        "reasons": [each.reason.splitlines()[0] for each in seen.break_reasons],
        "compiled": torch.compile(function, backend="eager")(x).tolist(),
        "eager": function(x).tolist(),
    }


@pytest.mark.parametrize("name", [each for each in NAMES if each not in NOT_CALLED_ALONE])
def test_graphs_breaks_and_results_are_those_of_the_plain_function(
    graphs: tuple[ModuleType, ModuleType], name: str
) -> None:
    plain, woven = (getattr(module, name) for module in graphs)
    body = woven.forward if isinstance(woven, type) else inspect.unwrap(woven)
    assert names.RUNTIME in body.__code__.co_names
    expected = explained(plain)
    assert explained(woven) == expected
    assert expected["compiled"] == expected["eager"]


def test_the_functions_with_breaks_have_partial_graphs(
    graphs: tuple[ModuleType, ModuleType],
) -> None:
    _, woven = graphs
    for name, count in (("printing", 1), ("data_branch", 1), ("item", 1), ("explicit_three", 2)):
        assert explained(getattr(woven, name))["breaks"] == count


def test_a_function_made_by_compiled_code_is_vaccinated(
    graphs: tuple[ModuleType, ModuleType],
) -> None:
    import torch

    torch._dynamo.reset()
    made = torch.compile(graphs[1].makes_function, backend="eager")(torch.ones(2))
    assert isinstance(made, FunctionType)
    assert names.RUNTIME in made.__code__.co_names
    assert made(torch.ones(2)).tolist() == [2.0, 2.0]


COMPILED = """
import torch
from torch import nn

torch.manual_seed(0)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(4, 8)
        self.two = nn.Linear(8, 2)

    def hidden(self, x):
        return torch.relu(self.one(x))

    def forward(self, x):
        h = self.hidden(x)
        return self.two(h)

def loss_of(model, x, y):
    out = model(x)
    weight = looked_up("weight")
    return nn.functional.cross_entropy(out, y) * weight

@torch.compiler.disable
def looked_up(name):
    return {"weight": 0.5}[name]

model = Net()
step_of = torch.compile(loss_of, backend="aot_eager")
opt = torch.optim.Adam(model.parameters(), lr=0.05)
x, y = torch.randn(8, 4), torch.randint(0, 2, (8,))
for step in range(4):
    opt.zero_grad()
    loss = step_of(model, x, y)
    loss.backward()
    opt.step()
    print(step, loss.item().hex())
for p in model.parameters():
    print(p.detach().numpy().tobytes().hex())
"""


def test_a_crash_while_tracing_is_held_where_the_compiled_function_is_called(
    programs: Programs,
) -> None:
    run = programs.check(
        COMPILED,
        Fault("torch.relu(self.one(x))", "torch.relu(self.one(x) @ x.T)"),
        Fault("self.two(h)", "self.two(h.view(3, 8))"),
        Fault('{"weight": 0.5}', '{"wait": 0.5}'),
    )
    *traced, missing = run.crashes
    for crash, line in zip(traced, ("self.one(x) @ x.T", "h.view(3, 8)"), strict=True):
        assert crash["function"] == "<module>"
        assert crash["code"] == "loss = step_of(model, x, y)"
        assert line in crash["message"]  # Dynamo tells the line of the program
    assert (missing["function"], missing["type"]) == ("looked_up", "KeyError")


EDITED = """
import torch
from torch import nn

class Helper:
    def __call__(self, x):
        return x + 1

def function(x):
    return x + 1

class Net(nn.Module):
    def method(self, x):
        return x + 1

    @classmethod
    def class_method(cls, x):
        return x + 1

    def forward(self, x):
        return self.method(x) + self.class_method(x) + Helper()(x) + function(x)

compiled = torch.compile(Net(), backend="eager")
for step in range(4):
    if step == 2:
        pass  # here
    print(step, compiled(torch.zeros(1)).item())
"""


def test_an_edit_reaches_what_was_inlined_into_compiled_code(programs: Programs) -> None:
    crashing = EDITED.replace("pass  # here", "{}['here']")
    edits = [
        ["replace", f"def {name}:\n{pad}return x + 1", f"def {name}:\n{pad}return x + 100"]
        for name, pad in (
            ("method(self, x)", " " * 8),
            ("class_method(cls, x)", " " * 8),
            ("__call__(self, x)", " " * 8),
            ("function(x)", " " * 4),
        )
    ]
    run = programs.answered(crashing, [*edits, ["replace", "{}['here']", "pass"]])
    assert run.code == 0, run.errors
    assert len(run.crashes) == 5
    assert run.output.split() == ["0", "4.0", "1", "4.0", "2", "400.0", "3", "400.0"]
