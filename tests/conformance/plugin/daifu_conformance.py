"""A plugin for debugpy's own test suite: writes down every outcome, and puts our adapter in the
place of debugpy's if it is told to.

`DAIFU_CONFORMANCE_OUTCOMES` names the file that the outcomes are appended to, one JSON object a
line; with `DAIFU_CONFORMANCE_OURS` the tests start our adapter and our command line, and the
programs that they start are vaccinated.  `DAIFU_CONFORMANCE_ONLY` and `DAIFU_CONFORMANCE_WITHOUT`
name files with the names of tests, one a line: no others are run, and none of these.
"""

import json
import os

OUTCOMES = os.environ.get("DAIFU_CONFORMANCE_OUTCOMES")
OURS = bool(os.environ.get("DAIFU_CONFORMANCE_OURS"))


class Elsewhere:
    """A module as the tests know it, that lies somewhere else."""

    def __init__(self, module, file, **more):
        self.__dict__.update(more, __file__=file)
        self._module = module

    def __getattr__(self, name):
        return getattr(self._module, name)


def pytest_collection_modifyitems(config, items):
    """Choose what is run, and redirect what the tests start; everything is imported by now."""
    only, without = _names("ONLY"), _names("WITHOUT") or set()
    left = [each for each in items if only is not None and each.nodeid not in only]
    left += [each for each in items if each.nodeid in without and each not in left]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [each for each in items if each not in left]
    if OURS:
        _redirect()


def _names(which):
    """The names of tests in one of the files, None without it."""
    path = os.environ.get(f"DAIFU_CONFORMANCE_{which}")
    if path is None:
        return None
    with open(path, encoding="utf-8") as stream:
        return set(stream.read().splitlines())


def _redirect():
    """Put ours in the place of debugpy's."""
    import debugpy
    import debugpy.adapter
    from tests.debug import runners, session

    import daifu_dap.adapter

    adapter = Elsewhere(debugpy.adapter, daifu_dap.adapter.__file__)
    ours = Elsewhere(debugpy, daifu_dap.__file__, adapter=adapter)
    runners.debugpy = session.debugpy = ours
    boot = os.path.join(os.path.dirname(daifu_dap.__file__), "vaccine", "boot")
    plain = session.Session._make_env

    def make_env(self, *arguments, **named):
        env = plain(self, *arguments, **named)
        env.prepend_to("PYTHONPATH", boot)
        env["DAIFU_VACCINATE"] = "project"
        return env

    session.Session._make_env = make_env


def pytest_runtest_logreport(report):
    """Write down a failure of any phase, and else the outcome of the call."""
    if OUTCOMES is None or "PYTEST_XDIST_WORKER" in os.environ:
        return
    if report.when != "call" and report.outcome == "passed":
        return
    said = ""
    if report.outcome == "failed":
        crash = getattr(report.longrepr, "reprcrash", None)
        said = str(crash.message if crash is not None else report.longrepr)[:2000]
    outcome = {
        "test": report.nodeid,
        "when": report.when,
        "outcome": report.outcome,
        "seconds": round(report.duration, 2),
        "said": said,
    }
    with open(OUTCOMES, "a", encoding="utf-8") as stream:
        stream.write(json.dumps(outcome) + "\n")
