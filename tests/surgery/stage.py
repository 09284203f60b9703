"""Runs the programs of edit cases one after the other, in one process; not vaccinated itself.

Started with an address it is told over a connection which folder to run next and answers with what
the program printed. Started with folders it runs `after` of each plainly and prints what they
print, as one JSON object.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import traceback
from multiprocessing.connection import Client


def run(folder: str) -> str:
    """Import the module `main` of a folder anew and return what it printed."""
    before = set(sys.modules)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            importlib.import_module("main")
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(folder):
                del sys.modules[name]
    return out.getvalue()


def serve(address: str) -> None:
    """Run what is asked for until there is nothing more."""
    with Client(address) as connection:
        while folder := connection.recv():
            connection.send(run(folder))


def printed(folders: list[str]) -> None:
    """Say what each folder's program prints, or how it ends."""
    found = {}
    for folder in folders:
        try:
            found[folder] = run(folder)
        except Exception:
            found[folder] = traceback.format_exc()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1] == "--plain":
        printed(sys.argv[2:])
    else:
        serve(sys.argv[1])
