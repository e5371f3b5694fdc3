"""Errors of the operating system, told with the file and with what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contract.errors import ExitCode, code_for

_REMEDIES = {
    errno.ENOSPC: "make room on its disk (df -h {place}; df -i {place}), for example with make prune",
    errno.EDQUOT: "user {user} has used up the quota on its disk: remove files of that user, or raise the quota",
    errno.EROFS: "mount its disk writable (a volume that ends in :ro? errors of the disk in dmesg?)",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), or use a file system that takes larger ones",
    errno.EIO: "its disk may be failing: look at dmesg",
}


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give an error of a disk that names no file the name of the one that is being written."""
    try:
        yield
    except OSError as error:
        give_name(error, path)
        raise


def give_name(error: BaseException | None, path: Path) -> None:
    """Put the path into an error of a disk that names no file: writing through a descriptor raises such ones."""
    if isinstance(error, OSError) and error.errno in _REMEDIES and error.filename is None:
        error.filename = str(path)


def explain(error: OSError, data_root: str | None = None) -> str:
    """The error with the file and what to do; for missing rights, whose directory it is; for a disk, its room."""
    code = code_for(error)
    if code == ExitCode.NOT_PERMITTED and error.filename is not None:
        return _permission(error, data_root)
    if error.errno not in _REMEDIES:
        return str(error)
    # of a rename, the name that people know is the second one
    path = error.filename2 or error.filename
    place = data_root or "." if path is None else _existing(Path(os.fsdecode(path)))
    what = f"a file below {place}" if path is None else os.fsdecode(path)
    remedy = _REMEDIES[error.errno].format(place=place, user=os.getuid())
    return (
        f"{what}: {os.strerror(error.errno)}: {remedy} ({_room(place, data_root)}); then run this again: "
        "nothing is half-written, and what was there before is kept"
    )


def _permission(error: OSError, data_root: str | None) -> str:
    place = _existing(Path(os.fsdecode(error.filename)))
    owner = place.stat()
    whose, ours = f"{owner.st_uid}:{owner.st_gid}", f"{os.getuid()}:{os.getgid()}"
    if place.is_file() and not os.access(place, os.R_OK):
        remedy = f"let all read it: chmod +r {place.name}"
    elif owner.st_uid:
        remedy = f"run it with --user {whose}"
    else:  # no step should run as root
        below = data_root is not None and place.is_relative_to(data_root)
        there = Path("data", place.relative_to(str(data_root))) if below else place
        remedy = f"give it away on the host: sudo chown -R {ours} {there}"
    return f"{error.filename}: {error.strerror}: {place} belongs to {whose}, this process is {ours}; {remedy}"


def _room(place: Path | str, data_root: str | None) -> str:
    """What is left where the file lies, below the data root, and where temporary files lie."""
    import shutil
    import tempfile

    room = []
    for directory in dict.fromkeys(str(each) for each in (place, data_root, tempfile.gettempdir()) if each):
        with suppress(OSError):  # it is a disk with trouble
            found = shutil.disk_usage(directory)
            room.append(f"{directory} has {found.free / 1e6:,.1f} of {found.total / 1e6:,.1f} MB left")
    return ", ".join(room)


def _existing(place: Path) -> Path:
    # below a directory that may not be entered, Path.exists would raise what is being explained
    while not os.path.exists(place):  # noqa: PTH110
        place = place.parent
    return place
