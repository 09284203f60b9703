"""The processes of a training, each with a session of its own that says which one it is."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from daifu_dap.client import Client
from daifu_dap.client.errors import ClientError

pytestmark = pytest.mark.torch

PROGRAM = """
import os, torch, torch.distributed as dist
from torch.utils.data import DataLoader, Dataset

class Data(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, n):
        left = 0 if n == 3 and RANK == 1 else 1
        return n / left

def step(batch):
    scale = 0 if RANK == 0 and batch.item() == 2 else 1
    return batch.sum() / (1 / scale)

def main():
    dist.init_process_group("gloo")
    total = torch.zeros(1, dtype=torch.float64)
    for batch in DataLoader(Data(), num_workers=2, multiprocessing_context="fork"):
        total += step(batch)
    dist.all_reduce(total)
    print("rank", RANK, "has", total.item(), flush=True)
    dist.destroy_process_group()

RANK = int(os.environ["RANK"])
main()
"""

SECONDS = 240.0


def test_ranks_and_their_workers_are_mended_each_in_its_session(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    held: list[str] = []
    sessions: list[Client] = []
    over = threading.Event()

    def serve(client: Client, name: str) -> None:
        """Mend each crash of one session, and begin those of the children that it tells of."""
        while not over.is_set():
            if client.wire.pending("debugpyAttach"):
                begin(client.wait_event("debugpyAttach"), name)
            elif client.wire.pending("daifu/crash"):
                held.append(f"{name}: {client.wait_crash().function}")
                client.evaluate("left = scale = 1", context="repl")
                client.resolve("retry")
            else:
                time.sleep(0.02)

    def begin(told: dict[str, Any], parent: str) -> None:
        place = told["connect"]
        client = Client.connect(place["host"], place["port"], timeout=SECONDS)
        sessions.append(client)
        name = f"{parent} {told['name'].partition(' (')[0]}".strip()

        def run() -> None:
            try:
                client.start("attach", told)
                serve(client, name)
            except ClientError:  # it has ended
                pass

        threading.Thread(target=run, daemon=True).start()

    arguments = ["--nproc-per-node", "2", "--standalone", "train.py"]
    with Client.launch(
        module="torch.distributed.run", args=arguments, cwd=tmp_path, subProcess=True,
        python=[sys.executable], timeout=SECONDS,
    ) as parent:  # fmt: skip
        threading.Thread(target=serve, args=(parent, ""), daemon=True).start()
        try:
            assert parent.wait_exit() == 0
            said = "".join(each.output() for each in (parent, *sessions))
            assert sorted(held) == ["rank 0: step", "rank 1 worker 1: Data.__getitem__"]
            assert said.count("has 12.0") == 2
        finally:
            over.set()
            for each in sessions:
                each.close()
