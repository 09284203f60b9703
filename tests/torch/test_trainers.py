"""Training loops of libraries, unmodified: a crash in the code that they call is mended there.

Their catch-all handlers do not count as meant, no step is repeated, and the weights are those of
the correct run to the last bit.
"""

from __future__ import annotations

from daifu_dap.client import Client

from .conftest import Fault, Programs

OFFLINE = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}

LIGHTNING = """
import hashlib
import logging
import warnings

warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import torch
from torch import nn
import lightning as L
from lightning.pytorch.callbacks import Callback

class Data(torch.utils.data.Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.x = torch.randn(n, 8, generator=g)
        self.y = (self.x.sum(1) > 0).long()
    def __len__(self):
        return len(self.x)
    def __getitem__(self, i):
        return self.x[i], self.y[i]

def collate(batch):
    xs, ys = zip(*batch)
    return torch.stack(xs), torch.stack(ys)

class Focal(nn.Module):
    def forward(self, logits, y):
        p = torch.softmax(logits, 1)
        each = nn.functional.nll_loss(p.log(), y, reduction="none")
        return (each * (1 - p[range(len(y)), y])).mean()

class Counter(Callback):
    def __init__(self):
        self.seen = []
    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        self.seen.append((trainer.current_epoch, batch_idx, outputs["loss"].item().hex()))
    def on_validation_epoch_end(self, trainer, module):
        self.seen.append(("val", trainer.callback_metrics["val_acc"].item()))

class Model(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
        self.loss = Focal()
    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss(self.net(x), y)
        self.log("train_loss", loss)
        return loss
    def validation_step(self, batch, batch_idx):
        x, y = batch
        acc = (self.net(x).argmax(1) == y).float().mean()
        self.log("val_acc", acc)
    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=0.01)
        sched = torch.optim.lr_scheduler.StepLR(opt, step_size=1)
        return {"optimizer": opt, "lr_scheduler": sched}

def main():
    L.seed_everything(1, verbose=False)
    train = torch.utils.data.DataLoader(
        Data(48, 0), batch_size=16, shuffle=True, collate_fn=collate, num_workers=WORKERS
    )
    val = torch.utils.data.DataLoader(Data(16, 1), batch_size=8)
    counter = Counter()
    model = Model()
    trainer = L.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False, callbacks=[counter],
        num_sanity_val_steps=1,
    )
    trainer.fit(model, train, val)
    for each in counter.seen:
        print(*each)
    print(trainer.global_step)
    for p in model.parameters():
        print(hashlib.sha256(p.detach().numpy().tobytes()).hexdigest())

main()
"""


def zero(text: str) -> str:
    return text.replace("WORKERS", "0")


def test_lightning_finishes_as_the_correct_run_does(programs: Programs) -> None:
    run = programs.check(
        zero(LIGHTNING),
        Fault("step_size=1)", "step_sizes=1)"),
        Fault("y).float().mean()", "y).flaot().mean()"),
        Fault('trainer.callback_metrics["val_acc"]', 'trainer.callback_metrics["val_ac"]'),
        Fault("torch.stack(ys)", "torch.stacks(ys)"),
        Fault("self.loss(self.net(x), y)", "self.loss(self.net(x.T), y)"),
        Fault("1 - p[range(len(y)), y]", "1 - p[range(9), y]"),
        Fault('outputs["loss"].item()', 'outputs["los"].item()'),
    )
    assert run.places == [
        ("Model.configure_optimizers", "TypeError"),
        ("Model.validation_step", "AttributeError"),
        ("Counter.on_validation_epoch_end", "KeyError"),
        ("collate", "AttributeError"),
        ("Model.training_step", "RuntimeError"),
        ("Focal.forward", "IndexError"),
        ("Counter.on_train_batch_end", "KeyError"),
    ]


TRANSFORMERS = """
import hashlib
import warnings

warnings.simplefilter("ignore")
import torch
from torch import nn
from transformers import (
    BertConfig, BertForSequenceClassification, PrinterCallback, Trainer, TrainerCallback,
    TrainingArguments, set_seed,
)

class Data(torch.utils.data.Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.ids = torch.randint(5, 40, (n, 6), generator=g)
        self.y = (self.ids.sum(1) % 2).long()
    def __len__(self):
        return len(self.ids)
    def __getitem__(self, i):
        return {"input_ids": self.ids[i], "labels": self.y[i]}

def collate(features):
    return {key: torch.stack([f[key] for f in features]) for key in ("input_ids", "labels")}

def compute_metrics(prediction):
    logits, labels = prediction
    return {"accuracy": float((logits.argmax(-1) == labels).mean())}

def compute_loss(outputs, labels, num_items_in_batch=None):
    loss = nn.functional.cross_entropy(outputs["logits"], labels, label_smoothing=0.1)
    return loss

class Log(TrainerCallback):
    def __init__(self):
        self.seen = []
    def on_step_end(self, args, state, control, model=None, **kwargs):
        norm = sum(p.detach().double().norm() for p in model.parameters())
        self.seen.append((state.global_step, norm.item().hex()))
    def on_evaluate(self, args, state, control, metrics=None, **kwargs):
        self.seen.append(("eval", metrics["eval_accuracy"], metrics["eval_loss"].hex()))

class Own(Trainer):
    def training_step(self, model, inputs, *args, **kwargs):
        inputs = {key: value.clone() for key, value in inputs.items()}
        return super().training_step(model, inputs, *args, **kwargs)
    def create_optimizer(self, *args, **kwargs):
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)
        return self.optimizer

def main():
    set_seed(3)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=8,
        )
    )
    args = TrainingArguments(
        output_dir="out", num_train_epochs=2, per_device_train_batch_size=8,
        eval_strategy="epoch", save_strategy="no", report_to=[], use_cpu=True, seed=3,
        auto_find_batch_size=True, disable_tqdm=True, logging_strategy="no",
        dataloader_num_workers=WORKERS,
    )
    log = Log()
    trainer = Own(
        model, args, data_collator=collate, train_dataset=Data(32, 0), eval_dataset=Data(16, 1),
        compute_metrics=compute_metrics, compute_loss_func=compute_loss, callbacks=[log],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    for each in log.seen:
        print(*each)
    print(trainer.state.global_step)
    for p in model.parameters():
        print(hashlib.sha256(p.detach().numpy().tobytes()).hexdigest())

main()
"""


def test_the_trainer_of_transformers_finishes_as_the_correct_run_does(programs: Programs) -> None:
    run = programs.check(
        zero(TRANSFORMERS),
        Fault("AdamW(self.model.parameters()", "AdamW(self.modell.parameters()"),
        Fault("torch.stack([f[key] for", "torch.stack([f[kee] for"),
        Fault("value.clone() for", "value.cloned() for"),
        Fault('outputs["logits"], labels, label', 'outputs["logits"].T, labels, label'),
        Fault("p.detach().double()", "p.detached().double()"),
        Fault("logits, labels = prediction", "logits, labels, rest = prediction"),
        Fault('metrics["eval_accuracy"], metrics', 'metrics["accuracy"], metrics'),
    )
    assert run.places == [
        ("Own.create_optimizer", "AttributeError"),
        ("collate", "NameError"),
        ("Own.training_step", "AttributeError"),
        ("compute_loss", "ValueError"),
        ("Log.on_step_end", "AttributeError"),
        ("compute_metrics", "ValueError"),
        ("Log.on_evaluate", "KeyError"),
    ]


def debugged(programs: Programs, text: str, *faults: Fault) -> str:
    """What the faulty program prints under the debugger, mended in its file at each crash."""
    right = text
    for fault in faults:
        text = text.replace(fault.right, fault.wrong)
    assert text != right
    path = programs.write("debugged", text)
    with Client.launch(path, timeout=90, env=OFFLINE) as client:
        for fault in faults:
            crash = client.wait_crash()
            assert fault.wrong in crash.code
            path.write_text(path.read_text().replace(fault.wrong, fault.right))
            client.replace_cell_and_continue(path)
            client.wait_recovered()
        assert client.wait_exit() == 0
        return client.output()


def test_a_worker_s_crash_in_lightning_is_held_in_the_dataset(programs: Programs) -> None:
    fault = Fault("torch.stack(ys)", "torch.stacks(ys)")
    faulty = LIGHTNING.replace("WORKERS", "2")
    assert debugged(programs, faulty, fault) == programs.plain(zero(LIGHTNING)).output


def test_a_worker_s_crash_in_the_trainer_of_transformers_is_held_in_the_dataset(
    programs: Programs,
) -> None:
    faults = (
        Fault("self.ids[i], ", "self.idss[i], "),
        Fault("logits, labels = prediction", "logits, labels, rest = prediction"),
    )
    faulty = TRANSFORMERS.replace("WORKERS", "2")
    assert debugged(programs, faulty, *faults) == programs.plain(zero(TRANSFORMERS)).output
