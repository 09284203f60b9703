"""``daifu-dap attach``: find a held program, attach to it, and let a person, or a script, recover
it from a shell.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from daifu_dap.client.errors import ClientError, SessionEnded
from daifu_dap.client.session import Client
from daifu_dap.common import token
from daifu_dap.shell import found, running
from daifu_dap.shell.found import Held
from daifu_dap.shell.lines import Left, Lines
from daifu_dap.shell.link import Link
from daifu_dap.shell.screen import Screen

DONE, FAILED, USAGE, NOBODY, LOST, AGAIN = 0, 1, 2, 3, 4, 5
"""The exit statuses: all was done; a line could not be; the command line is wrong; there is nothing
to attach to; the connection was lost; with `--wait`, the program has crashed again."""

SETTLING = 3.0
"""Seconds in which a program that is held is seen to be."""

PATIENCE = 30.0


class NotFound(Exception):
    """There is nothing to attach to, or too much; the text says so."""

    def __init__(self, text: str, status: int = NOBODY) -> None:
        super().__init__(text)
        self.status = status


def run(
    place: str | None = None,
    *,
    commands: Sequence[str] = (),
    wait: bool = False,
    listing: bool = False,
    token_file: str | None = None,
) -> int:
    """Attach, and do what lines say: ``commands``, else the terminal's, else those on stdin.

    ``place`` is `HOST:PORT`, a port, or a process id; None takes the held program that is found.
    ``wait`` stays after the last of ``commands`` until the program ends (and gives its status) or
    crashes again.  ``listing`` shows what is held and does nothing.  Returns the exit status.
    """
    screen = Screen()
    typed = not commands and sys.stdin.isatty()
    if typed and not listing:
        try:
            import prompt_toolkit  # noqa: F401
        except ImportError:
            screen.say("The terminal client needs prompt_toolkit: pip install prompt_toolkit")
            return USAGE
    link = Link(screen)
    try:
        if listing:
            for each in found.held():
                screen.say(str(each))
            return DONE
        link.client = _client(place, screen, link, typed, _token(token_file))
        return _session(link, screen, commands, typed, wait)
    except NotFound as error:
        print(f"daifu-dap attach: {error}", file=sys.stderr)
        return error.status
    except (ClientError, OSError) as error:
        print(f"daifu-dap attach: {error}", file=sys.stderr)
        return LOST if link.client is not None else NOBODY
    finally:
        link.leave()


# -- what to attach to --------------------------------------------------------------------------


def _client(
    place: str | None, screen: Screen, link: Link, typed: bool, secret: str | None
) -> Client:
    attributes: dict[str, Any] = {"name": "attach", "onDisconnect": "hold"}
    if secret is not None:
        attributes["accessToken"] = secret
    host, colon, port = (place or "").rpartition(":")
    if colon:
        if not port.isdigit():
            raise NotFound(f"{place} is no HOST:PORT", USAGE)
        at = (host.strip("[]") or "127.0.0.1", int(port))
    elif place is None:
        chosen = _choose(screen, typed)
        screen.say(f"Attaching to {chosen}", "dim")
        at = chosen.host, chosen.port
    elif not place.isdigit():
        raise NotFound(f"{place} is neither HOST:PORT, a port nor a process id", USAGE)
    else:
        held = next((each for each in found.held() if each.pid == int(place)), None)
        if held is not None:
            at = held.host, held.port
        elif found.alive(int(place)):
            # Nobody has vaccinated it, perhaps; an adapter of our own brings debugpy into it.
            return _into(int(place), attributes, link)
        elif int(place) < 65536:
            at = "127.0.0.1", int(place)
        else:
            raise NotFound(f"there is no process {place}")
    # Its barriers are those that it has; it may have wanted few.
    own = {**attributes, "vaccinate": "decorated"}
    client = Client.attach(*at, timeout=PATIENCE, watch=link.event, **own)
    if client.capabilities.get("supportsReplaceCellRequest"):
        return client
    client.close()
    link.begin()
    client = Client.spawn(timeout=PATIENCE, watch=link.event)
    connect = {"host": at[0], "port": at[1]}
    client._begin("attach", {**attributes, "connect": connect}, None, None)
    return client


def _into(pid: int, attributes: dict[str, Any], link: Link) -> Client:
    """Have debugpy get into a process that runs without a debugger."""
    why = running.obstacle(pid)
    if why is not None:
        raise NotFound(why)
    client = Client.spawn(timeout=PATIENCE, watch=link.event)
    try:
        client._begin("attach", {**attributes, "processId": pid}, None, None)
    except ClientError as error:
        raise NotFound(running.failed(pid, str(error))) from None
    return client


def _choose(screen: Screen, typed: bool) -> Held:
    """The held program to attach to."""
    held = found.held()
    here = [each for each in held if f"{os.getcwd()}/".startswith(f"{each.folder.rstrip('/')}/")]
    held = here if len(here) == 1 else held
    if not held:
        raise NotFound("no held program was found; give HOST:PORT or a process id")
    if len(held) == 1:
        return held[0]
    for number, each in enumerate(held, 1):
        screen.say(f"{number:3}  {each}")
    if not typed:
        raise NotFound("several programs are held; give the process id of one", USAGE)
    while True:
        try:
            said = input(f"Which one (1 to {len(held)})? ").strip()
        except (EOFError, KeyboardInterrupt):
            raise NotFound("none was chosen") from None
        if said.isdigit() and 1 <= int(said) <= len(held):
            return held[int(said) - 1]


def _token(path: str | None) -> str | None:
    """The token that the program wants of its clients, if one is given.

    Raises ``NotFound`` for one that cannot be used.
    """
    try:
        return token.read(path) if path else token.of_environment(os.environ)
    except token.BadToken as error:
        raise NotFound(str(error), USAGE) from None


# -- the session --------------------------------------------------------------------------------


def _session(link: Link, screen: Screen, commands: Sequence[str], typed: bool, wait: bool) -> int:
    said = Lines(link, screen)
    link.wait(lambda: link.stopped, SETTLING)
    try:
        if typed:
            return _typed(link, screen, said)
        given = commands or (line for line in sys.stdin)
        if not link.stopped and not link.over:
            screen.say("The program runs; lines are done when it has stopped.", "dim")
        return _given(link, screen, said, given, wait)
    except Left:
        return DONE
    except SessionEnded:
        link.wait(lambda: False, 2.0)
        return _ended(link, screen)


def _given(link: Link, screen: Screen, said: Lines, commands: Any, wait: bool) -> int:
    """Do lines one after the other, each when the program is stopped, until one fails."""
    for each in commands:
        if not each.strip():
            continue
        if not link.wait(lambda: link.stopped):
            return _ended(link, screen) or FAILED
        if not said.do(each):
            return FAILED
    if not wait:
        return DONE
    try:
        link.wait(lambda: link.crash is not None)
    except KeyboardInterrupt:
        return DONE
    if link.crash is not None:
        said.describe()
        return AGAIN
    _ended(link, screen)
    return LOST if link.lost else link.exit_code or DONE


def _typed(link: Link, screen: Screen, said: Lines) -> int:
    """Read lines while the program is stopped, and wait while it runs."""
    from daifu_dap.shell.prompt import Changed, Prompt

    prompt = Prompt(link, said)
    screen.say("%help says what can be said; Ctrl-D leaves, and leaves it held.", "dim")
    while not link.over:
        if not link.stopped:
            _running(link, screen)
            continue
        for thread in link.news():
            if thread == link.thread:
                screen.say("")
                said.describe()
            else:
                screen.say(f"Another thread has stopped: %thread {thread}", "yellow")
        try:
            said.do(prompt.read())
        except Changed:
            continue
        except EOFError:
            raise Left from None
        except KeyboardInterrupt:
            continue
    return _ended(link, screen)


def _running(link: Link, screen: Screen) -> None:
    """Wait until the program stops; Ctrl-C pauses it, and twice leaves it running."""
    try:
        if link.wait(lambda: link.stopped, 0.5):
            return
        screen.say("The program runs; Ctrl-C pauses it.", "dim")
        link.wait(lambda: link.stopped)
    except KeyboardInterrupt:
        try:
            screen.say("Pausing; Ctrl-C again leaves it running.", "dim")
            threads = link.ask("threads").get("threads") or ()
            link.ask("pause", threadId=threads[0]["id"] if threads else 1)
            link.wait(lambda: link.stopped)
        except KeyboardInterrupt:
            raise Left from None


def _ended(link: Link, screen: Screen) -> int:
    """Say how it has ended; return the status of a session that ended so."""
    if link.lost:
        screen.say("The connection is lost; a program that is held stays held.", "bold red")
        return LOST
    code = "" if link.exit_code is None else f" with status {link.exit_code}"
    screen.say(f"The program has ended{code}.", "bold")
    return DONE
