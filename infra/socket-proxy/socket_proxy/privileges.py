"""Gives root up for good, keeping only the right to open the engine's socket."""

import os
from pathlib import Path

USER = 65532


def drop(socket: Path) -> None:
    """Turns root into user and group 65532 with the socket's group; without root, leaves everything as it is.

    Root alone may choose its groups, and the socket's group differs from machine to machine, so it is read here and not
    written down. Raises OSError when the socket is not there or SETUID and SETGID are not granted.
    """
    if os.getuid() != 0:
        return
    group = socket.stat().st_gid
    os.setgroups([group])
    os.setgid(USER)
    os.setuid(USER)
