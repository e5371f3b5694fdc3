"""Holds data/ and the volumes of the stack against each other: both carry the stack's id, which the first start makes.

Runs as root in the one-shot service `checkout`, before every other part: what starts on the volumes of another checkout
mixes two stacks. `ownership.py` asks the same, in the same words, before a command changes anything.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import NamedTuple

IN_DATA = ".stack"
IN_VOLUME = "stack"
OF_A_MACHINE = "cluster/machine.json"
"""In the volume of a machine that takes part in another one's stack: ops/cluster/accept.py."""
TYPE = "\ntype: "
"""Between what is wrong and the way out."""
VOUCHED = "MICROSTEP_MOVED"
"""In the environment: somebody has looked, this data/ is the one that the volumes belong to. `make up` says so."""
CANNOT_WRITE = 73
CONFIGURATION = 78


class Mark(NamedTuple):
    """What the volume `secrets` says: the stack's id, and the checkout that was last up with it."""

    stack: str
    home: str
    folder: str = ""
    """The inode of its data/; empty where an earlier version wrote the mark."""

    @property
    def text(self) -> str:
        """As `read_mark` reads it."""
        return f"{self.stack} {self.folder}\n{self.home}\n"


def read_mark(text: str) -> Mark:
    """Two lines; all empty where an earlier version made the volume."""
    first, _, home = text.partition("\n")
    stack, _, folder = first.strip().partition(" ")
    return Mark(stack, home.rstrip("\n"), folder)


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


def why_a_copy(mark: Mark, home: str, folder: str) -> str:
    """Why a data/ with the volumes' id may be a copy of theirs; empty when it is theirs.

    Moved within its file system it is the same folder, and at its old path it is meant whatever has become of it. All
    else a copy looks like, too, and from here no path of the host can be looked at: `make up` can.
    """
    if not mark.folder or home == mark.home or folder == mark.folder:
        return ""
    return (
        f"data/ of {home} has the id {mark.stack} of the volumes on this engine, but is not the folder that they were"
        f" last up with, that of {mark.home}: a copy, or moved to another disk{TYPE}make up, which looks whether the"
        f" first one is still there (or, when you know that it is not: {VOUCHED}=true docker compose up)"
    )


def why_no_head(machine: Mapping[str, str]) -> str:
    """Why nothing of a whole stack starts on the volumes of a machine that takes part in one, and the ways out.

    :param machine: what its token said
    """
    return (
        f"this engine is that of the machine {machine['machine']}, and the head of its stack is {machine['head']}: here"
        f" a second one would work in the same data/{TYPE}make worker (or, to have a whole stack here when that head is"
        " gone: make worker DOWN=1; docker compose down --volumes --remove-orphans)"
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


def main(data: Path, volume: Path, home: str, *, vouched: bool = False) -> int:
    """Compare; give the same id to the side that has none; 78 when both have one and they differ, or this is a copy."""
    if machine := json.loads(read_text(volume / OF_A_MACHINE) or "{}"):
        print(why_no_head(machine), file=sys.stderr)
        return CONFIGURATION
    mark = read_mark(read_text(volume / IN_VOLUME))
    with as_owner_of(data):
        own = read_text(data / IN_DATA).strip()
    folder = str(data.stat().st_ino)
    if words := refusal(own, mark, home) or ("" if vouched else why_a_copy(mark, home, folder)):
        print(words, file=sys.stderr)
        return CONFIGURATION
    stack = own or secrets.token_hex(6)
    if not own:
        # this side first: a start that is killed here goes on at the next one
        with as_owner_of(data):
            write(data / IN_DATA, f"{stack}\n")
    if mark != (new := Mark(stack, home, folder)):
        write(volume / IN_VOLUME, new.text)
        print(f"data/ and the volumes belong together by the stack id {stack}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], vouched=bool(os.environ.get(VOUCHED))))
    except OSError as error:
        print(f"data/{IN_DATA}, the id of the stack, cannot be read or written: {error}", file=sys.stderr)
        sys.exit(CANNOT_WRITE)
