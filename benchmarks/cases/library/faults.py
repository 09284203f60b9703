"""Faults that come once, as those of a device or a file system do: FAULTS="to:40,save:1".

`to:N` lets the Nth `Tensor.to` fail, `save:N` the Nth `torch.save`. The next one works again.
"""

import torch

ERRORS = {
    "to": lambda: RuntimeError("CUDA error: an illegal memory access was encountered"),
    "save": lambda: PermissionError(13, "Permission denied"),
}


def failing(function, number, error):
    """The function, whose call number `number` fails."""
    calls = 0

    def called(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == number:
            raise error()
        return function(*args, **kwargs)

    return called


def install(text):
    """Put the faults that a text names in their places."""
    for entry in text.split(","):
        name, _, number = entry.partition(":")
        place = {"to": torch.Tensor, "save": torch}[name]
        setattr(place, name, failing(getattr(place, name), int(number), ERRORS[name]))
