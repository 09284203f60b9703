"""The fixes for PyTorch's crashes, each on a real one: the run goes on and ends as the correct one.

One program has all the mistakes, since it is starting processes that takes time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from daifu_dap.client import Client

from .conftest import applied
from .test_whole import Run, mended

pytestmark = pytest.mark.torch

TEXT = """\
import ctypes
import resource
import sys
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)
device = torch.device("meta")
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
x = torch.randn(6, 4)
y = torch.tensor([0.0, 1, 2, 0, 1, 2])
weights = [0.5, 1.0, 2.0]
counts = torch.tensor([[1, 2, 3, 4]])
pictures = torch.randn(2, 3, 4).transpose(1, 2)
queries, keys = torch.randn(5, 4), torch.randn(7, 4)
batches, others = torch.randn(2, 5, 4), torch.randn(2, 7, 4)

def losses():
    out = net(x)
    loss = F.cross_entropy(out, y.long())
    loss.backward()
    return loss.item()

def dtypes():
    a = net(counts.float())
    b = net(x.double().float())
    c = counts.float().mean()
    d = torch.eye(3)[y.long()]
    return a.sum().item(), b.sum().item(), c.item(), d.sum().item()

def lists():
    a = torch.relu(torch.tensor(weights))
    b = x[0, :3] - torch.tensor(weights)
    c = torch.tensor(weights).mean()
    return a.tolist(), b.tolist(), c.item()

def shapes():
    scores = queries @ keys.T
    more = torch.bmm(batches, others.mT)
    flat = pictures.reshape(2, -1)
    half = torch.zeros(x.shape[1] // 2, 3)
    return scores.sum().item(), more.sum().item(), flat.sum().item(), half.shape

def devices():
    far = nn.Linear(4, 2, device=device)
    out = far(x.to(device))
    both = out + torch.ones(6, 2).to(out.device)
    return out.shape, both.shape

def passes():
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        s = (w * w).sum()
        s.backward(retain_graph=True)
        s.backward()
        optimizer.step()
    return w.tolist()

large = nn.Sequential(nn.Upsample(scale_factor=6_000_000), nn.AdaptiveAvgPool1d(1))

def memory():
    torch.set_num_threads(1)
    ctypes.CDLL(None).mallopt(-8, 1)  # M_ARENA_MAX: no address space for new threads
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    if len(sys.argv) > 1:
        resource.setrlimit(resource.RLIMIT_AS, (used + 2_100_000_000, resource.RLIM_INFINITY))
    t = torch.arange(96.0).reshape(24, 1, 4)
    out = torch.cat([large(t_half) for t_half in t.chunk(2)])
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return out.sum().item()

def saved(folder):
    import os
    path = os.path.join(folder, "runs", "net.pt")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    torch.save(net.state_dict(), path)
    return sorted(torch.load(path))

def names():
    return torch.softmax(net[0].weight, 0).sum().item()

print(losses(), dtypes(), lists(), shapes(), devices(), sep="\\n")
print(passes(), memory(), names(), saved(sys.argv[-1]), sep="\\n")
"""
FAULTS = (
    ("cross_entropy(out, y.long())", "cross_entropy(out, y)", "Cast: y.long()"),
    ("loss.item()", "loss.data[0]", "Use loss.item()"),
    ("net(counts.float())", "net(counts)", "Cast: counts.float()"),
    ("c = counts.float().mean()", "c = counts.mean()", "Cast: counts.float()"),
    ("eye(3)[y.long()]", "eye(3)[y]", "Cast: y.long()"),
    ("relu(torch.tensor(weights))", "relu(weights)", "Make it a tensor: torch.tensor(weights)"),
    ("- torch.tensor(weights)", "- weights", "Make it a tensor: torch.tensor(weights)"),
    ("c = torch.tensor(weights).mean", "c = weights.mean", "Make it a tensor: torch.tensor(w"),
    ("queries @ keys.T", "queries @ keys", "Transpose: keys.T"),
    ("bmm(batches, others.mT)", "bmm(batches, others)", "Transpose: others.mT"),
    ("pictures.reshape", "pictures.view", "Use reshape"),
    ("x.shape[1] // 2, 3", "x.shape[1] / 2, 3", "Divide by //"),
    ("far(x.to(device))", "far(x)", "Move x to the other operand's device (meta)"),
    (
        "torch.cat([large(t_half) for t_half in t.chunk(2)])",
        "large(t)",
        "Do this batch in two halves",
    ),
    ("torch.softmax(net[0].weight", "torch.sofmax(net[0].weight", "Did you mean softmax?"),
    ("    os.makedirs(os.path.dirname(path), exist_ok=True)\n", "", "Make the folder first"),
)


def test_the_fixes_recover_the_run(tmp_path: Path) -> None:
    run = Run(tmp_path, TEXT, FAULTS)
    assert mended(run, "limited", str(tmp_path / "a")) == run.plain(str(tmp_path / "b"))


def test_a_graph_that_is_kept_serves_from_the_next_forward_pass_on(tmp_path: Path) -> None:
    """The graph of the present pass is gone, so the person goes on at the pass's beginning."""
    start, end = TEXT.index("def passes"), TEXT.index("large = ")
    text = "import torch\n\n" + TEXT[start:end] + "print(passes())\n"
    fault = ("backward(retain_graph=True)", "backward()", "Keep the graph")
    run = Run(tmp_path, text, ((f"s.{fault[0]}\n        s", f"s.{fault[1]}\n        s", fault[2]),))
    with Client.launch(run.path, cwd=run.folder, timeout=30) as client:
        client.wait_crash()
        saved = run.path.read_text()
        fix = run.fix(saved, client.request("daifu/held"), fault[2])
        run.path.write_text(applied(fix, saved))
        client.replace_cell(run.path)
        line = 1 + text[: text.index("optimizer.zero_grad")].count("\n")
        client.resolve("goto", line=line)
        assert client.wait_exit() == 0
        assert client.output() == run.plain()
