"""`python -m daifu_dap [options] train.py args...`: run a program vaccinated; drop-in for `python
-m debugpy`.

With one of debugpy's options the whole command line is debugpy's, and its code runs the program.
Without one no port is opened until there is a crash, or at once where an editor's terminal says
that its debugger would join (:mod:`daifu_dap.recovery.editor`).
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and not __package__:
    # Run as a folder, as editors run debugpy's; what lies in it is not to be imported by itself.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    __import__("daifu_dap")
    del sys.path[0]

from daifu_dap.common import settings
from daifu_dap.vaccine import hook, script

EDITOR = "DAIFU_ADAPTER_ENDPOINTS"
"""The environment variable by which an editor's terminal names the folder to call the editor in."""

USAGE = """usage: python -m daifu_dap [--listen | --connect [HOST:]PORT] [--wait-for-client] ...
           [--on-crash COMMAND] [--policy FILE] [--journal FILE | off]
           {FILE | -m MODULE | -c CODE} [ARGUMENT]...

Runs a Python program behind crash barriers. All options of `python -m debugpy` work here; without
--listen or --connect, no port is opened until the program crashes, and then it says where to
attach. --on-crash (or DAIFU_ON_CRASH_COMMAND) is a shell command that is run when a crash is held
with nobody there, with the crash as JSON on its standard input. --policy is a TOML file with rules
that answer crashes, and --journal says where they are recorded (.daifu/journal.jsonl); both may
stand in [tool.daifu] of the project's pyproject.toml.
"""

OWN = {
    "--on-crash": ("DAIFU_ON_CRASH_COMMAND", "a command"),
    "--policy": ("DAIFU_POLICY", "the path of a file"),
    "--journal": ("DAIFU_JOURNAL", "a path, or off"),
}
"""Our own options: the environment variable that has the value, and what it is."""

VALUED = ("--listen", "--connect", "--log-to", "--parent-session-pid", "--adapter-access-token")
"""debugpy's options that have a value, those that begin with `--configure-` left out."""


def main() -> None:
    """Run the command line in `sys.argv`."""
    arguments = sys.argv[1:]
    if arguments in ([], ["-h"], ["--help"]):
        print(USAGE, end="", file=sys.stdout if arguments else sys.stderr)
        sys.exit(0 if arguments else 2)
    try:
        arguments = ours(arguments)
        sys.argv[1:] = arguments
        settle()
        hook.start()
    except ValueError as error:
        sys.exit(f"daifu: {error}")
    first, rest = arguments[0], arguments[1:]
    # Not for the program's own children: they come by their parent's session.
    folder = os.environ.pop(EDITOR, "")
    if folder and (first in ("-m", "-c") or not first.startswith("-")):
        from daifu_dap.recovery import editor

        editor.join(folder, arguments)
    if first == "-m" and rest:
        script.run_module(rest[0], rest[1:])
    elif first == "-c" and rest:
        script.run_code(rest[0], rest[1:])
    elif first.startswith("-"):
        from debugpy.server import cli

        from daifu_dap.recovery import door

        door.ours()
        cli.main()
    else:
        script.run_file(first, rest)


def ours(arguments: list[str]) -> list[str]:
    """Take note of our own options before the program's name; return the arguments without them.

    Raises:
        ValueError: an option lacks its value, or there is nothing to run.
    """
    left: list[str] = []
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        option = arguments[at]
        if option in ("-m", "-c", "--pid"):
            break
        if option in OWN:
            variable, what = OWN[option]
            if at + 1 == len(arguments):
                raise ValueError(f"{option} needs {what}")
            os.environ[variable] = arguments[at + 1]
            at += 2
            continue
        width = 2 if option in VALUED or option.startswith("--configure-") else 1
        left += arguments[at : at + width]
        at += width
    left += arguments[at:]
    if not left:
        raise ValueError("there is no program to run")
    return left


def settle() -> None:
    """Have the environment say what the project wants: of the journal, and which policy.

    Raises:
        ValueError: something in it is not allowed.
    """
    os.environ.update(settings.settled(os.getcwd()).variables())


if __name__ == "__main__":
    main()
