"""The rest of a training: mixed precision, averages, copies, memory, several processes."""

from __future__ import annotations

import pytest

from daifu_dap.client import Client

from .conftest import Fault, Programs

MIXED = """
import copy

import torch
from torch import nn

torch.manual_seed(0)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        h = self.body(x)
        return self.head(h.view(-1, 8))

@torch.no_grad()
def average(ema, net):
    for a, b in zip(ema.parameters(), net.parameters(), strict=True):
        a.lerp_(b, 0.1)

@torch.no_grad()
def batches():
    for _ in range(3):
        yield torch.randn(4, 8) + torch.zeros(8), torch.tensor([0, 1, 0, 1])
        assert not torch.is_grad_enabled()

def main():
    net = Net()
    ema = copy.deepcopy(net)
    opt = torch.optim.AdamW(net.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu")
    for step, (x, y) in enumerate(batches()):
        opt.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = net(x)
            kind = out.dtype
            loss = nn.functional.cross_entropy(out, y)
        scaler.scale(loss).backward()
        scaler.unscale_(opt)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(opt)
        scaler.update()
        average(ema, net)
        print(step, loss.item().hex(), kind, scaler.get_scale())
        print(torch.is_autocast_enabled("cpu"), torch.is_grad_enabled())
    for p in (*net.parameters(), *ema.parameters()):
        print(p.detach().numpy().tobytes().hex())

main()
"""


def test_mixed_precision_and_a_moving_average(programs: Programs) -> None:
    run = programs.check(
        MIXED,
        Fault("torch.randn(4, 8) + torch", "torch.rand_n(4, 8) + torch"),
        Fault("h.view(-1, 8)", "h.view(-1, 7)"),
        Fault("cross_entropy(out, y)", "cross_entropy(out, y[:1])"),
        Fault("scaler.unscale_(opt)", "scaler.unscale_(optimizer)"),
        Fault("a.lerp_(b, 0.1)", "a.lerp_(b, 0.1, 0.2)"),
    )
    assert run.places == [
        ("batches", "AttributeError"),
        ("Net.forward", "RuntimeError"),
        ("main", "ValueError"),
        ("main", "NameError"),
        ("average", "TypeError"),
    ]


TRANSFORMED = """
import torch
from torch import nn
import copy, functools, io, pickle
import torch.utils.checkpoint as cp
torch.manual_seed(0)

def scripted(x: torch.Tensor, n: int) -> torch.Tensor:
    for i in range(n):
        if i % 2 == 0:
            x = x + i
        else:
            x = x * 2
    return x

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
    def forward(self, x):
        with torch.no_grad():
            z = self.b(x)
        return torch.relu(self.a(x)) + z

class Scripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
    def helper(self, x):
        return x * 2
    def forward(self, x):
        out = []
        for i in range(3):
            out.append(self.helper(self.a(x)))
        return torch.cat(out)

def main():
    x = torch.arange(4.)
    s = torch.jit.script(scripted)
    print(s(x, 3).tolist(), s.code)
    print(torch.jit.script(Scripted())(x).shape)
    net = Net()
    t = torch.jit.trace(net, x)
    print(torch.equal(t(x), net(x)))
    g = torch.fx.symbolic_trace(Net())
    print(g.code)
    def f(v):
        for i in range(2):
            v = v.sin()
        return v.sum()
    print(torch.func.vmap(torch.func.grad(f))(torch.ones(2, 3)))
    print(torch.func.jacrev(f)(torch.ones(2)))
    params = dict(net.named_parameters())
    print(torch.func.functional_call(net, params, (x,)).shape)
    y = x.clone().requires_grad_()
    for re in (True, False):
        out = cp.checkpoint(net, y, use_reentrant=re)
        out.sum().backward()
    print(y.grad)
    e = copy.deepcopy(net)
    print(e(x).equal(net(x)))
    b = io.BytesIO()
    torch.save(net, b); b.seek(0)
    n2 = torch.load(b, weights_only=False)
    print(n2(x).equal(net(x)))
    pickle.loads(pickle.dumps(net))
    ep = torch.export.export(net, (x,))
    print(ep.graph_module.code)
    print(torch._dynamo.explain(net)(x).graph_break_count)
    @functools.wraps(f)
    @torch.compile(backend="eager")
    def dec(v): return f(v)
    @torch.compile(backend="eager")
    @torch.no_grad()
    def dec2(v):
        return v + 1
    print(dec(x), dec2(x))
    @torch.no_grad()
    def gen():
        for i in range(3):
            yield torch.is_grad_enabled(), i
    print(list(gen()))

main()
"""


def test_what_reads_traces_copies_or_exports_a_vaccinated_model(programs: Programs) -> None:
    programs.check(TRANSFORMED)


MEMORY = """
import gc
import weakref

import torch
from torch import nn

gc.disable()
torch.manual_seed(0)
made, alive = [], []

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        alive.append(sum(each() is not None for each in made))
        h = torch.tanh(self.linear(x))
        made.append(weakref.ref(h))
        return h

def main():
    net = nn.Sequential(Block(), Block(), nn.Linear(8, 2))
    y = torch.tensor([0, 1, 0, 1])
    # The graph keeps what the layers were given.
    loss = nn.functional.cross_entropy(net(torch.ones(4, 8)), y)
    loss.backward()
    print(alive, loss.item().hex())

main()
"""
LEAKING = Fault("torch.ones(4, 8)), y)", "torch.ones(4, 8)), y[:1])")


def test_the_graph_of_the_failed_attempt_is_gone_before_the_retry(programs: Programs) -> None:
    first, loss = programs.plain(MEMORY).output.rsplit(" ", 1)
    assert first == "[0, 1]"
    run = programs.mended(MEMORY, LEAKING)
    assert run.places == [("main", "ValueError")]
    assert run.output == f"{retried(first)} {loss}"


def test_it_is_gone_under_the_debugger_too(programs: Programs) -> None:
    first, loss = programs.plain(MEMORY).output.rsplit(" ", 1)
    path = programs.write("debugged", MEMORY.replace(LEAKING.right, LEAKING.wrong))
    with Client.launch(path, timeout=60, env={"OMP_NUM_THREADS": "1"}) as client:
        client.wait_crash()
        client.locals()
        path.write_text(MEMORY.lstrip())
        client.replace_cell_and_continue(path)
        assert client.wait_exit() == 0
        assert client.output() == f"{retried(first)} {loss}"


def retried(once: str) -> str:
    """What two attempts print, the first of which has left nothing alive."""
    return f"[{once[1:-1]}, {once[1:-1]}]"


PARALLEL = """
import tempfile

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
import torch.multiprocessing as mp

def loss_of(model, x, y, rank):
    loss = nn.functional.cross_entropy(model(x), y)
    return loss

def run(rank, world, folder):
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=world
    )
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2))
    model = DistributedDataParallel(net)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    g = torch.Generator().manual_seed(rank)
    for step in range(4):
        x, y = torch.randn(8, 6, generator=g), torch.randint(0, 2, (8,), generator=g)
        opt.zero_grad()
        loss = loss_of(model, x, y, rank)
        loss.backward()
        opt.step()
        if rank == 0:
            print(step, loss.item().hex())
    total = torch.tensor([float(rank)])
    dist.all_reduce(total)
    if rank == 0:
        print(total.item())
        for p in net.parameters():
            print(p.detach().numpy().tobytes().hex())
    dist.destroy_process_group()

if __name__ == "__main__":
    world = WORLD
    folder = tempfile.mkdtemp()
    if world == 1:
        run(0, 1, folder)
    else:
        mp.start_processes(run, args=(world, folder), nprocs=world, start_method="fork")
"""


@pytest.mark.parametrize("world", ["1", "2"])
def test_a_rank_that_crashes_is_mended_while_the_others_wait(
    programs: Programs, world: str
) -> None:
    run = programs.check(
        PARALLEL.replace("WORLD", world),
        Fault("(model(x), y)", "(model(x), y if rank else y[:3])"),
    )
    assert run.places == [("loss_of", "ValueError")]
