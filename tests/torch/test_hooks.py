"""Hooks and custom autograd functions: called by PyTorch, held at their own frames."""

from __future__ import annotations

from .conftest import Fault, Programs

HOOKS = """
import torch
from torch import nn

torch.manual_seed(0)
stats, norms = [], []

def forward_pre_hook(module, inputs):
    x, = inputs
    return (x + 0.25,)

def forward_hook(module, inputs, output):
    stats.append(float(output.detach().sum()))
    return output * 1.5

def tensor_hook(grad):
    return grad.clamp(-1, 1)

def full_backward_pre_hook(module, grad_output):
    return (grad_output[0] * 2,)

def full_backward_hook(module, grad_input, grad_output):
    norms.append(float(grad_output[0].norm()))

def accumulated(parameter):
    parameter.grad.mul_(0.5)

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
net[1].register_forward_pre_hook(forward_pre_hook)
net[0].register_forward_hook(forward_hook)
net[2].register_full_backward_pre_hook(full_backward_pre_hook)
net[2].register_full_backward_hook(full_backward_hook)
net[2].weight.register_post_accumulate_grad_hook(accumulated)
opt = torch.optim.AdamW(net.parameters(), lr=0.01)
data = torch.randn(16, 4)
for step in range(3):
    opt.zero_grad()
    out = net(data)
    out.register_hook(tensor_hook)
    loss = out.square().mean()
    loss.backward()
    opt.step()
    print(step, loss.item().hex())
print(len(stats), len(norms), stats[-1].hex(), norms[-1].hex())
for p in net.parameters():
    print(p.detach().numpy().tobytes().hex())
"""


def test_every_kind_of_hook_is_held_where_it_crashes_and_mended(programs: Programs) -> None:
    run = programs.check(
        HOOKS,
        Fault("float(output.detach().sum())", "float(output.detach())"),
        Fault("x + 0.25", "x + torch.ones(7)"),
        Fault("grad.clamp(-1, 1)", "grad.clamp('low', 1)"),
        Fault("(grad_output[0] * 2,)", "(grad_output * 'two',)"),
        Fault("parameter.grad.mul_(0.5)", "parameter.gard.mul_(0.5)"),
        Fault("float(grad_output[0].norm())", "float(grad_output.norm())"),
    )
    assert run.places == [
        ("forward_hook", "ValueError"),
        ("forward_pre_hook", "RuntimeError"),
        ("tensor_hook", "TypeError"),
        ("full_backward_pre_hook", "TypeError"),
        ("accumulated", "AttributeError"),
        ("full_backward_hook", "AttributeError"),
    ]


FUNCTION = """
import threading

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

torch.manual_seed(0)
where = []

class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x * x * factor

    @staticmethod
    def backward(ctx, grad):
        x, = ctx.saved_tensors
        where.append(threading.current_thread().name)
        return grad * 2 * x * ctx.factor, None

net = nn.Linear(4, 2)
opt = torch.optim.SGD(net.parameters(), lr=0.01)
data = torch.randn(16, 4, requires_grad=True)

def part(x):
    return Scaled.apply(net(x), 0.5)

def train(step):
    opt.zero_grad()
    loss = checkpoint(part, data, use_reentrant=REENTRANT).sum()
    loss.backward()
    opt.step()
    print(step, loss.item().hex())

for step in range(2):
    train(step)
thread = threading.Thread(target=lambda: [train(2), train(3)], name="trainer")
thread.start()
thread.join()
print(where)
for p in net.parameters():
    print(p.detach().numpy().tobytes().hex())
"""


def test_a_custom_function_in_a_recomputed_part(programs: Programs) -> None:
    faults = (
        Fault("return x * x * factor", "return x * x[:3] * factor"),
        Fault("grad * 2 * x * ctx.factor, None", "grad * 2 * x * ctx.facktor, None"),
    )
    for reentrant in ("True", "False"):
        run = programs.check(FUNCTION.replace("REENTRANT", reentrant), *faults)
        assert run.places == [
            ("Scaled.forward", "RuntimeError"),
            ("Scaled.backward", "AttributeError"),
        ]


def test_a_backward_that_crashes_on_another_thread(programs: Programs) -> None:
    text = FUNCTION.replace("REENTRANT", "False")
    late = "grad * (2 if len(where) < 3 else {}['two']) * x * ctx.factor, None"
    run = programs.check(text, Fault("grad * 2 * x * ctx.factor, None", late))
    assert run.places == [("Scaled.backward", "KeyError")]
    first = programs.mended(text, Fault("ctx.save_for_backward(x)", "ctx.save_for_backwards(x)"))
    assert run.crashes[0]["thread"] != first.crashes[0]["thread"]
