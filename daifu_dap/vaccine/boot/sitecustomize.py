"""Starts vaccination in an interpreter whose PYTHONPATH has this folder, before its program begins.

It makes room for any other `sitecustomize`, and finds this very package even where none is
installed, so that the interpreter of the program may be another than the adapter's.
"""

import importlib.machinery
import importlib.util
import os
import sys


def _chain(here):
    """Run the `sitecustomize` that would have been found without us."""
    path = [each for each in sys.path if os.path.realpath(each or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _package(here):
    """Make `daifu_dap` importable without putting its folder's neighbours on the path."""
    if importlib.util.find_spec("daifu_dap") is not None:
        return
    folder = os.path.dirname(os.path.dirname(here))
    spec = importlib.util.spec_from_file_location(
        "daifu_dap", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["daifu_dap"] = module
    spec.loader.exec_module(module)


def _start():
    here = os.path.dirname(os.path.realpath(__file__))
    _chain(here)
    if os.environ.get("DAIFU_VACCINATE", "none") == "none":
        return
    try:
        _package(here)
        from daifu_dap.vaccine import hook

        hook.start()
    except Exception as error:
        print(f"daifu: the program runs unvaccinated: {error!r}", file=sys.stderr)


def _join(text):
    """Vaccinate the program that this is run in by a debugger that has attached to it."""
    _package(os.path.dirname(os.path.realpath(__file__)))
    from daifu_dap.vaccine import join

    return join.join(text)


if __name__ == "sitecustomize":
    _start()
