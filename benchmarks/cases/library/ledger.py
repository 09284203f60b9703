"""What a case writes down beside its result: every step that really ran, when it ran.

The ledger is a file that lines are only added to, so it knows work that was done twice, whatever
became of the program's own variables. Each step of an optimizer writes a line by a hook of torch's;
the program says which step it was. This is a library to the cases: it is not vaccinated.
"""

import hashlib
import json
import os
import time

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

PATH = os.environ.get("LEDGER", "ledger.txt")


def step(*what):
    """Write that a step has run."""
    with open(PATH, "a") as file:
        print(time.monotonic(), *what, file=file)


def digest(*models):
    """The checksum of everything that the models are made of."""
    sha = hashlib.sha256()
    for model in models:
        for name, tensor in model.state_dict().items():
            sha.update(name.encode())
            sha.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()


def result(*models, **figures):
    """Print the result of a run, to the last bit."""
    print(json.dumps({"weights": digest(*models)} | figures), flush=True)


if torch.cuda.is_available():  # so that two runs are the same there, too
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
register_optimizer_step_post_hook(lambda optimizer, args, kwargs: step("optimizer"))
if os.environ.get("FAULTS"):
    import faults

    faults.install(os.environ["FAULTS"])
step("begins")
