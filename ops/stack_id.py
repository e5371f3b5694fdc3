"""Holds data/ and the volumes of the stack against each other: both carry the stack's id, which the first start makes.

Runs as root in the one-shot service `checkout`, before every other part: what starts on the volumes of another checkout
mixes two stacks. `ownership.py` asks the same, in the same words, before a command changes anything.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import NamedTuple

IN_DATA = ".stack"
IN_VOLUME = "stack"
TYPE = "\ntype: "
"""Between what is wrong and the way out."""
CANNOT_WRITE = 73
CONFIGURATION = 78


class Mark(NamedTuple):
    """What the volume `secrets` says: the stack's id, and the checkout that was last up with it."""

    stack: str
    home: str


def read_mark(text: str) -> Mark:
    """Two lines; both empty where an earlier version made the volume."""
    stack, _, home = text.partition("\n")
    return Mark(stack.strip(), home.rstrip("\n"))


def read_text(file: Path) -> str:
    """Empty when the file is not there."""
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return ""


def refusal(own: str, mark: Mark, home: str) -> str:
    """Why the volumes are not the ones of a data/ with the id `own`, and both ways out; empty when they are.

    Volumes without an id are nobody's: new, or an earlier version's.
    """
    if not mark.stack or own == mark.stack:
        return ""
    claim = f"echo {quote(mark.stack)} > data/{IN_DATA}"
    if mark.home == home:
        owner = "the data/ that was here before"
        ways = f"{claim} (if data/ here has taken its place; else put that one back: is its disk mounted?)"
    else:
        owner = mark.home
        ways = f"make -C {quote(mark.home)} up (or, if data/ here has taken the place of that one's: {claim})"
    return (
        f"the volumes on this engine, stack id {mark.stack}, belong to {owner}; data/ of {home} has"
        f" {f'the id {own}' if own else 'no id'}{TYPE}{ways}"
    )


@contextmanager
def as_owner_of(folder: Path) -> Iterator[None]:
    """Work as the owner of a folder: root without its powers, or root of another machine, may not write there."""
    status = folder.stat()
    group = os.getegid()
    switch = os.geteuid() == 0 and status.st_uid != 0
    if switch:
        os.setegid(status.st_gid)
        os.seteuid(status.st_uid)
    try:
        yield
    finally:
        if switch:
            os.seteuid(0)
            os.setegid(group)


def write(file: Path, text: str) -> None:
    """Whole or absent."""
    staged = file.with_name(f"{file.name}.new")
    staged.unlink(missing_ok=True)
    with staged.open("x", encoding="utf-8", errors="surrogateescape") as new:
        new.write(text)
        new.flush()
        os.fchmod(new.fileno(), 0o644)
        os.fsync(new.fileno())
    staged.rename(file)


def main(data: Path, volume: Path, home: str) -> int:
    """Compare; give the same id to the side that has none; 78 when both have one and they differ."""
    mark = read_mark(read_text(volume / IN_VOLUME))
    with as_owner_of(data):
        own = read_text(data / IN_DATA).strip()
    if words := refusal(own, mark, home):
        print(words, file=sys.stderr)
        return CONFIGURATION
    stack = own or secrets.token_hex(6)
    if not own:
        # this side first: a start that is killed here goes on at the next one
        with as_owner_of(data):
            write(data / IN_DATA, f"{stack}\n")
    if mark != Mark(stack, home):
        write(volume / IN_VOLUME, f"{stack}\n{home}\n")
        print(f"data/ and the volumes belong together by the stack id {stack}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
    except OSError as error:
        print(f"data/{IN_DATA}, the id of the stack, cannot be read or written: {error}", file=sys.stderr)
        sys.exit(CANNOT_WRITE)
