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
from daifu_dap.common.folder import working
from daifu_dap.vaccine import hook, script

EDITOR = "DAIFU_ADAPTER_ENDPOINTS"
"""The environment variable by which an editor's terminal names the folder to call the editor in."""

USAGE = """usage: python -m daifu_dap [--listen | --connect [HOST:]PORT] [--wait-for-client] ...
           [--access-token-file FILE] [--on-crash COMMAND]
           [--policy FILE] [--journal FILE | off]
           {FILE | -m MODULE | -c CODE} [ARGUMENT]...

Runs a Python program behind crash barriers. All options of `python -m debugpy` work here; without
--listen or --connect, no port is opened until the program crashes, and then it says where to
attach. --on-crash (or DAIFU_ON_CRASH_COMMAND) is a shell command that is run when a crash is held
with nobody there, with the crash as JSON on its standard input. --policy is a TOML file with rules
that answer crashes, and --journal says where they are recorded (.daifu/journal.jsonl); both may
stand in [tool.daifu] of the project's pyproject.toml. --access-token-file FILE (or
DAIFU_ACCESS_TOKEN_FILE) has clients show the token in FILE, which is made if it is not there;
--listen to an address that other machines can reach needs it.
"""

OWN = {
    "--on-crash": ("DAIFU_ON_CRASH_COMMAND", "a command"),
    "--policy": ("DAIFU_POLICY", "the path of a file"),
    "--journal": ("DAIFU_JOURNAL", "a path, or off"),
}
"""Our own options: the environment variable that has the value, and what it is."""

VALUED = ("--listen", "--connect", "--log-to", "--parent-session-pid", "--adapter-access-token")
"""debugpy's options that have a value, those that begin with `--configure-` left out."""

TARGETS = ("-m", "-c", "--pid")
"""The options behind which stands what is to be debugged, and nothing else of ours."""

TOKENS = ("--access-token-file", "--access-token")
"""Our options that say which access token clients must know."""


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
        secret = _secret()
        hook.start()
    except ValueError as error:
        sys.exit(f"daifu: {error}")
    first, rest = arguments[0], arguments[1:]
    # Not for the program's own children: they come by their parent's session.
    folder = os.environ.pop(EDITOR, "")
    if folder and (first in ("-m", "-c") or not first.startswith("-")):
        from daifu_dap.recovery import editor

        editor.join(folder, arguments)
    if not __package__ and script.placed():  # run as a folder: it is taken away above
        sys.path.insert(0, "")
    if first == "-m" and rest:
        script.run_module(rest[0], rest[1:])
    elif first == "-c" and rest:
        script.run_code(rest[0], rest[1:])
    elif first.startswith("-"):
        from debugpy.server import cli

        from daifu_dap.recovery import listener

        listener.ours()
        if "--connect" not in arguments or (secret and attaching(arguments) and hidden(secret)):
            secret = None
        cli.options.adapter_access_token = secret
        cli.main()
    else:
        script.run_file(first, rest)


def ours(arguments: list[str]) -> list[str]:
    """Take note of our own options before the program's name; return the arguments without them.

    Raises:
        ValueError: an option lacks its value, a token is none or is wanted, or there is nothing
            to run.
    """
    left: list[str] = []
    hosts: list[str] = []
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        option = arguments[at]
        if option in TARGETS:
            break
        if option in OWN:
            variable, what = OWN[option]
            if at + 1 == len(arguments):
                raise ValueError(f"{option} needs {what}")
            os.environ[variable] = arguments[at + 1]
            at += 2
            continue
        if option in TOKENS:
            _token(option, arguments[at + 1 : at + 2])
            at += 2
            continue
        if option == "--listen":
            host, colon, port = "".join(arguments[at + 1 : at + 2]).rpartition(":")
            hosts += [host.strip("[]")] if colon and _number(port) else []
        if option == "--adapter-access-token":
            _token(option, arguments[at + 1 : at + 2])
        left += arguments[at : at + width(option)]
        at += width(option)
    left += arguments[at:]
    if not left:
        raise ValueError("there is no program to run")
    if hosts:
        _allowed(hosts[0])
    return left


def _number(port: str) -> bool:
    """Whether debugpy takes a port for a number; if not, it refuses the address by itself."""
    try:
        int(port)
    except ValueError:
        return False
    return True


def width(option: str) -> int:
    """How many arguments an option of debugpy's is."""
    return 2 if option in VALUED or option.startswith("--configure-") else 1


def attaching(arguments: list[str]) -> bool:
    """Whether a process is named by its id, without our own options, and no program."""
    at = 0
    while at < len(arguments) and arguments[at].startswith("-") and arguments[at] not in TARGETS:
        at += width(arguments[at])
    return arguments[at : at + 1] == ["--pid"]


def hidden(secret: str) -> bool:
    """Have the process that is attached to read a token elsewhere than in a command line; whether
    that is possible."""
    from daifu_dap.recovery import credentials

    return credentials.inject(secret)


def settle() -> None:
    """Have the environment say what the project wants: of the journal, and which policy.

    Raises:
        ValueError: something in it is not allowed.
    """
    os.environ.update(settings.settled(working()).variables())


def _token(option: str, values: list[str]) -> None:
    """Take the access token that an option says, or debugpy's own gives away."""
    from daifu_dap.common import token
    from daifu_dap.recovery import listener

    if not values:
        raise ValueError(f"{option} needs a value")
    if option == "--access-token-file":
        listener.protect(token.read(values[0], make=True))
        return
    token.exposed(values[0], option)
    if option == "--access-token":
        listener.protect(token.checked(values[0], f"of {option}"))


def _secret() -> str | None:
    """The access token that was given, by an option or the environment; raises `ValueError`."""
    if "daifu_dap.recovery.listener" not in sys.modules and not any(
        name in os.environ for name in ("DAIFU_ACCESS_TOKEN_FILE", "DAIFU_ACCESS_TOKEN")
    ):
        return None
    from daifu_dap.recovery import listener

    return listener.wanted()


def _allowed(host: str) -> None:
    """Raise `ValueError` if nothing may listen at an address."""
    from daifu_dap.recovery import listener

    try:
        listener.allowed(host, listener.wanted())
    except RuntimeError as error:
        raise ValueError(str(error).removeprefix("daifu: ")) from None


if __name__ == "__main__":
    main()
