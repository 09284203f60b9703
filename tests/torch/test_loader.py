"""DataLoader: crashes in the dataset and in what puts batches together, workers or not."""

from __future__ import annotations

from pathlib import Path

from daifu_dap.client import Client

from .conftest import Fault, Programs

LOADER = """
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

class Data(Dataset):
    def __len__(self):
        return 12

    def __getitem__(self, i):
        x = torch.randn(4, generator=torch.Generator().manual_seed(i))
        if i == 7:
            x = x.view(4)
        return x, i % 2

def collate(batch):
    xs = torch.stack([x for x, _ in batch])
    return xs, torch.tensor([y for _, y in batch])

def train(loader, net, opt, epoch):
    for step, (x, y) in enumerate(loader):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        print(epoch, step, y.tolist(), loss.item().hex(), torch.rand(1).item())

def main(workers, context):
    torch.manual_seed(0)
    net = nn.Linear(4, 2)
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    loader = DataLoader(
        Data(), batch_size=3, shuffle=True, num_workers=workers, collate_fn=COLLATE,
        multiprocessing_context=context, generator=torch.Generator().manual_seed(1),
    )
    for epoch in range(2):
        train(loader, net, opt, epoch)
    for p in net.parameters():
        print(p.detach().numpy().tobytes().hex())

if __name__ == "__main__":
    os.environ["MAIN"] = str(os.getpid())
    main(WORKERS, CONTEXT)
"""
OWN = LOADER.replace("COLLATE", "collate")
DRAWING = OWN.replace("return x, i % 2", "return x + 0 * torch.rand(1), i % 2")
ITEM = Fault("x.view(4)", "x.view(5)")


def loaded(workers: int, context: str | None = None, text: str = OWN) -> str:
    return text.replace("WORKERS", str(workers)).replace("CONTEXT", repr(context))


def test_without_workers_the_dataset_and_the_collation_are_held_themselves(
    programs: Programs,
) -> None:
    run = programs.check(loaded(0), Fault("torch.stack([x for", "torch.stacked([x for"), ITEM)
    assert run.places == [("collate", "AttributeError"), ("Data.__getitem__", "RuntimeError")]


def test_a_batch_that_the_library_could_not_put_together_is_fetched_again(
    programs: Programs,
) -> None:
    text = loaded(0, text=LOADER.replace("COLLATE", "None"))
    run = programs.check(text, Fault("x = x.view(4)", "x = x[:3]"))
    assert run.places == [("train", "RuntimeError")]
    assert run.crashes[0]["code"].startswith("for step, (x, y)")


def test_what_failed_in_a_worker_is_held_in_the_dataset_in_the_main_process(
    programs: Programs,
) -> None:
    correct = programs.plain(loaded(2, "spawn", DRAWING))
    faulty = loaded(2, "spawn", DRAWING).replace(ITEM.right, ITEM.wrong)
    # The file is not edited here: the workers of the second epoch read the fault again.
    run = programs.answered(faulty, [("replace", ITEM.wrong, ITEM.right)])
    assert run.output == correct.output
    assert run.places == [("Data.__getitem__", "RuntimeError")]
    assert run.crashes[0]["code"] == "x = x.view(5)"


def test_what_fails_in_workers_only_is_held_at_the_loop_and_fetched_again(
    programs: Programs,
) -> None:
    correct = programs.plain(loaded(2, "spawn", DRAWING))
    faulty = loaded(2, "spawn", DRAWING).replace(
        ITEM.right, "x.view(4 + (str(os.getpid()) != MAIN))"
    )
    faulty = faulty.replace("MAIN))", 'os.environ["MAIN"]))')
    run = programs.answered(faulty, [("retry",), ("retry",)])
    assert run.output == correct.output, run.errors
    assert run.places == [("train", "RuntimeError")] * 2
    assert "Caught RuntimeError in DataLoader worker process" in run.crashes[0]["message"]


def test_an_exception_of_a_worker_that_somebody_takes_is_theirs(programs: Programs) -> None:
    text = loaded(2, "spawn", DRAWING).replace(ITEM.right, ITEM.wrong)
    text = text.replace("        train(loader,", "        attempt(loader,")
    text += """
def attempt(*arguments):
    try:
        train(*arguments)
    except RuntimeError as error:
        print(str(error).splitlines()[0])
"""
    text = text.replace("def main(", text[text.index("\ndef attempt") :] + "\ndef main(", 1)
    run = programs.answered(text, [])
    assert run.output == programs.plain(text).output
    assert run.crashes == []
    assert "Caught RuntimeError" in run.output


def test_forked_workers_of_a_program_under_the_debugger(programs: Programs) -> None:
    correct = programs.plain(loaded(2, "spawn", DRAWING))
    path = programs.write("debugged", loaded(2, "fork", DRAWING).replace(ITEM.right, ITEM.wrong))
    with Client.launch(path, timeout=60) as client:
        crash = client.wait_crash()
        assert (crash.function, crash.exception_type) == ("Data.__getitem__", "RuntimeError")
        path.write_text(path.read_text().replace(ITEM.wrong, ITEM.right))
        client.replace_cell_and_continue(Path(crash.path))
        client.wait_recovered()
        assert client.wait_exit() == 0
        assert client.output() == correct.output


ITERABLE = """
import itertools

import torch
from torch.utils.data import DataLoader, IterableDataset

class Numbers(IterableDataset):
    def __iter__(self):
        for i in range(6):
            yield torch.ones(2)

def main(loader):
    for x in loader:
        print(x.sum())
"""


def test_what_cannot_be_given_again_is_refused_by_number(programs: Programs) -> None:
    text = ITERABLE.replace("torch.ones(2)", "torch.ones(i + 1)")
    text += "main(DataLoader(Numbers(), batch_size=2))\n"
    run = programs.answered(text, [("retry",), ("skip",)])
    assert run.code == 0, run.errors
    assert [each["refusal"] for each in run.crashes] == [None, "DFU0025"]
    assert "retry" not in run.crashes[0]["resolutions"]


def test_a_loop_over_an_iterator_that_ended_does_not_end_silently(programs: Programs) -> None:
    text = ITERABLE.replace("torch.ones(2)", "torch.ones(i + 1)")
    text += "main(itertools.islice(DataLoader(Numbers(), batch_size=2), 4))\n"
    run = programs.answered(text, [("retry",), ("skip",)])
    assert run.code == 0, run.errors
    assert [each["refusal"] for each in run.crashes] == [None, "DFU0015"]
