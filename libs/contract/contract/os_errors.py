"""Errors of the operating system, reported with the file and with what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from contract.errors import ExitCode, code_for

_REMEDIES = {
    errno.ENOSPC: "make room on its disk (df -h {path}; df -i {path}), for example with make prune",
    errno.EDQUOT: "user {user} has used up the quota on its disk: remove files of that user, or raise the quota",
    errno.EROFS: "mount its disk writable (a volume that ends in :ro? errors of the disk in dmesg?)",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), or use a file system that takes larger ones",
    errno.ENOLCK: "its file system gives no locks (of NFS: is its lock service up?); see make check-shared",
    errno.EIO: "its disk may be failing: look at dmesg",
}


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the name of the file that is being written to a disk error that names none."""
    try:
        yield
    except OSError as error:
        give_name(error, path)
        raise


def give_name(error: BaseException | None, path: Path) -> None:
    """Add the path to a disk error that names no file, as writing through a descriptor raises it."""
    if isinstance(error, OSError) and error.errno in _REMEDIES and error.filename is None:
        error.filename = str(path)


def explain(error: OSError, data_root: str | None = None) -> str:
    """The error with the file and what to do; also who owns the directory, or how much space is left."""
    code = code_for(error)
    if code == ExitCode.NOT_PERMITTED and error.filename is not None:
        return _permission(error, data_root)
    if error.errno not in _REMEDIES:
        return str(error)
    # of a rename, the name that people know is the second one
    file = error.filename2 or error.filename
    path = data_root or "." if file is None else _existing(Path(os.fsdecode(file)))
    name = f"a file below {path}" if file is None else os.fsdecode(file)
    remedy = _REMEDIES[error.errno].format(path=path, user=os.getuid())
    return (
        f"{name}: {os.strerror(error.errno)}: {remedy} ({_room(path, data_root)}); then run this again: "
        "nothing is half-written, and what was there before is kept"
    )


def _permission(error: OSError, data_root: str | None) -> str:
    path = _existing(Path(os.fsdecode(error.filename)))
    owner = path.stat()
    whose, ours = f"{owner.st_uid}:{owner.st_gid}", f"{os.getuid()}:{os.getgid()}"
    if path.is_file() and not os.access(path, os.R_OK):
        remedy = f"let all read it: chmod +r {path.name}"
    elif owner.st_uid:
        remedy = f"run it with --user {whose}"
    else:  # no step should run as root
        below = data_root is not None and path.is_relative_to(data_root)
        on_host = Path("data", path.relative_to(str(data_root))) if below else path
        remedy = f"change its owner on the host: sudo chown -R {ours} {on_host}"
    return f"{error.filename}: {error.strerror}: {path} belongs to {whose}, this process runs as {ours}; {remedy}"


def _room(path: Path | str, data_root: str | None) -> str:
    """What is left where the file lies, below the data root, and where temporary files lie."""
    import shutil
    import tempfile

    room = []
    for directory in dict.fromkeys(str(folder) for folder in (path, data_root, tempfile.gettempdir()) if folder):
        with suppress(OSError):  # it is a disk with trouble
            usage = shutil.disk_usage(directory)
            room.append(f"{directory} has {usage.free / 1e6:,.1f} of {usage.total / 1e6:,.1f} MB left")
    return ", ".join(room)


def _existing(path: Path) -> Path:
    # below a directory that may not be entered, Path.exists would raise what is being explained
    while not os.path.exists(path):  # noqa: PTH110
        path = path.parent
    return path
