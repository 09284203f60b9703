"""Who is at the other end of a connection within this machine, as the kernel tells it.

A loopback port can be connected to by every user of a machine, and a token that is given to a
process by its command line can be read by every user, too.  Linux knows which user a connection
within the machine belongs to (`/proc/net/tcp`), so there no token is needed: who is this user, or
root, could read a token, trace the process or replace its files anyway.

A socket whose process is gone is listed with user 0, so only one that is established and has an
inode says anything.
"""

from __future__ import annotations

import functools
import os
import socket
import sys

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
ESTABLISHED = "01"


def loopback(host: str) -> bool:
    """Tell whether an address to bind can be reached from this machine only."""
    if host in ("localhost", "::1"):
        return True
    parts = host.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isdecimal() for part in parts)


def owner(connection: socket.socket) -> int | None:
    """Return the user that a connected socket's other end belongs to.

    None where that cannot be told: another machine, another system, an end that is closed.
    """
    try:
        here, there = connection.getsockname(), connection.getpeername()
    except OSError:
        return None
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    # Their end is listed with their address first.
    wanted = {(one, two) for one in _named(there) for two in _named(here)}
    for table in TABLES:
        try:
            with open(table, encoding="ascii") as stream:
                for line in stream:
                    fields = line.split()
                    if len(fields) > 9 and (fields[1], fields[2]) in wanted:
                        if fields[3] == ESTABLISHED and fields[9] != "0":
                            return int(fields[7])
                        return None
        except (OSError, ValueError):
            continue
    return None


def ours(connection: socket.socket) -> bool | None:
    """Tell whether a connection comes from this user or from root; None if that is not known."""
    found = owner(connection)
    return None if found is None else found in (0, os.getuid())


@functools.cache
def known() -> bool:
    """Tell whether the kernel says who is at the other end of connections within the machine."""
    if not hasattr(os, "getuid"):
        return False
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(1.0)
            with socket.create_connection(server.getsockname(), 1.0):
                other, _address = server.accept()
                with other:
                    return owner(other) == os.getuid()
    except OSError:
        return False


def _named(address: tuple[str, int]) -> list[str]:
    """An address as the kernel's tables may name it."""
    host, port = address[:2]
    if ":" in host:
        raw = socket.inet_pton(socket.AF_INET6, host.split("%")[0])
        found = [raw]
        if raw.startswith(b"\0" * 10 + b"\xff\xff"):
            found.append(raw[12:])
    else:
        raw = socket.inet_aton(host)
        found = [raw, b"\0" * 10 + b"\xff\xff" + raw]
    words = ([each[at : at + 4] for at in range(0, len(each), 4)] for each in found)
    return [
        "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in each) + f":{port:04X}"
        for each in words
    ]
