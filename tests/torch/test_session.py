"""A training is stopped at a breakpoint and goes on with another learning rate, loss and log."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from daifu_dap.client import Client

AT = 7
"""How many steps are done when the training is edited, in the middle of an epoch."""

TRAINING = """\
import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)

def batches(count):
    generator = torch.Generator().manual_seed(1)
    for _ in range(count):
        x = torch.randn(16, 4, generator=generator)
        yield x, x.sum(1, keepdim=True)

def train(model, optimizer, epochs):
    step = 0
    for epoch in range(epochs):
        for x, y in batches(5):
LOSS
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
LOG

def main():
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    known = id(model), id(optimizer)
    train(model, optimizer, 3)
    assert known == (id(model), id(optimizer))
    print(sum(p.double().sum().item() for p in model.parameters()).hex(), flush=True)

main()
"""

OLD = ("loss = nn.functional.mse_loss(model(x), y)", "print(step, flush=True)")
NEW = (
    "optimizer.param_groups[0]['lr'] = 0.002\nloss = nn.functional.l1_loss(model(x), y)",
    "print(f'{epoch} {step} {loss.item():.3f}', flush=True)",
)
BOTH = (
    f"if step < {AT}:\n    {OLD[0]}\nelse:\n{textwrap.indent(NEW[0], '    ')}",
    f"if step <= {AT}:\n    {OLD[1]}\nelse:\n    {NEW[1]}",
)


def program(loss: str, log: str) -> str:
    """The training with these lines in its loop."""
    text = TRAINING.replace("LOSS", textwrap.indent(loss, " " * 12))
    return text.replace("LOG", textwrap.indent(log, " " * 12))


def test_an_edit_at_a_breakpoint_in_the_inner_loop(tmp_path: Path) -> None:
    """It prints what the program prints that does both, the one before that step, the other after;
    the weights to the last bit."""
    twin, main = tmp_path / "twin.py", tmp_path / "main.py"
    twin.write_text(program(*BOTH))
    expected = subprocess.run(
        [sys.executable, str(twin)], capture_output=True, text=True, timeout=120, check=True
    ).stdout
    main.write_text(program(*OLD))
    line = program(*OLD).splitlines().index(" " * 12 + OLD[0]) + 1
    with Client.launch(main, cwd=tmp_path, breakpoints={str(main): [line]}, timeout=60) as client:
        for _ in range(AT):
            client.continue_(client.wait_stopped().thread_id)
        client.wait_stopped()
        main.write_text(program(*NEW))
        client.set_breakpoints(main, [])
        verdict = client.replace_cell_and_continue(main)
        assert verdict["resumeAt"]["line"] == line
        assert client.wait_exit() == 0
        assert client.output() == expected
