"""Where a dataset is written before it is published, and what is removed when its writer has died.

Beside a staging directory is a file that its writer holds locked as long as it lives; it comes before the directory and
goes after it. A file, because where machines share a file system (NFS) only what is open for writing can be locked.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from contract.datasets.manifest import read_manifest
from contract.errors import DataError, MissingInput
from contract.layout import MANIFEST

_GRACE_SECONDS = 24 * 3600
"""How long parts that no manifest names any more are kept for readers of the old manifest."""

_STAGING, _LOCK = ".staging-", ".lock"
_OURS = re.compile(r".+-[0-9a-f]{12}(\.\w+)?|\.manifest\.json-\w+")  # a part, a manifest before its rename


def sweep(dataset: Path, *, superseded: bool = True) -> list[Path]:
    """Remove what dead writers left, and parts that no manifest has named for a day; returns what went."""
    return [*_dead_stagings(dataset), *(_superseded(dataset) if superseded else ())]


def stage(dataset: Path) -> tuple[Path, int]:
    """A new staging directory inside a dataset's, and its lock: a descriptor for `unstage`, open while writing."""
    import tempfile  # only here: a run that finds nothing to do writes nothing, and imports little

    while True:
        try:
            dataset.mkdir(parents=True, exist_ok=True)
            lock, name = tempfile.mkstemp(dir=dataset, prefix=_STAGING, suffix=_LOCK)
        except FileExistsError:
            if os.path.lexists(dataset) and not dataset.is_dir():
                raise
            continue
        except FileNotFoundError:
            continue  # removed since by a writer that left nothing
        staging, links = Path(name.removesuffix(_LOCK)), os.fstat(lock).st_nlink
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_there(lock, name, links):
                staging.mkdir(mode=0o700)
                return staging, lock
        except BaseException:
            unstage(staging, lock)
            raise
        os.close(lock)


def unstage(staging: Path, lock: int) -> None:
    """Remove a staging directory, let go of its lock; what cannot be removed is left to the next sweep."""
    import shutil

    shutil.rmtree(staging, ignore_errors=True)
    with contextlib.suppress(OSError):
        _lock_of(staging).unlink()
    os.close(lock)


def at_work(dataset: Path) -> bool:
    """Whether somebody is writing a dataset: another process, or this one."""
    for staging in _stagings(dataset):
        with _dead(staging) as dead:
            if not dead:
                return True
    return False


def remove_empty(dataset: Path) -> None:
    """Remove a dataset's directory where nothing was ever published, and nobody else writes."""
    with contextlib.suppress(OSError):  # there is something, a writer's lock perhaps
        dataset.rmdir()


def _is_there(lock: int, name: str, links: int) -> bool:
    """Whether nobody has swept a lock since it was made with so many links and before it was held.

    Asked twice: a file system between machines may remember for a while a name, or an open file, as it was.
    """
    try:
        return Path(name).exists() and os.fstat(lock).st_nlink >= max(links, 1)
    except OSError:  # ESTALE
        return False


def _lock_of(staging: Path) -> Path:
    return staging.with_name(staging.name + _LOCK)


def _stagings(dataset: Path) -> set[Path]:
    """Where writers are at work, or were; one may have nothing but its lock."""
    return {path.with_name(path.name.removesuffix(_LOCK)) for path in dataset.glob(f"{_STAGING}*")}


@contextlib.contextmanager
def _dead(staging: Path) -> Iterator[bool]:
    """Hold a staging's lock; False when its writer has it."""
    try:
        handle = os.open(_lock_of(staging), os.O_RDWR)
    except FileNotFoundError:
        try:
            handle = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)  # earlier versions locked the directory itself
        except FileNotFoundError:
            yield True  # gone meanwhile
            return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            dead = True
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EBADF):
                raise
            dead = error.errno == errno.EBADF  # a directory that could never be locked
        yield dead
    finally:
        os.close(handle)


def _dead_stagings(dataset: Path) -> Iterator[Path]:
    for staging in sorted(_stagings(dataset)):
        with _dead(staging) as dead:
            if dead:
                import shutil  # only here: a run that finds nothing to do removes nothing

                if staging.exists():
                    shutil.rmtree(staging)
                    yield staging
                _lock_of(staging).unlink(missing_ok=True)


def _superseded(dataset: Path) -> Iterator[Path]:
    if named := _named(dataset):
        old = time.time() - _GRACE_SECONDS
        for path in dataset.iterdir():
            # another writer's manifest is renamed at any time
            with contextlib.suppress(FileNotFoundError):
                ours = _OURS.fullmatch(path.name) and path.name not in named and path.is_file()
                if ours and path.stat().st_mtime < old:
                    path.unlink()
                    yield path


def _named(dataset: Path) -> set[str]:
    """The names that belong to a dataset; empty when that cannot be told, so that nothing goes."""
    try:
        return {file.path for file in read_manifest(dataset).files} | {MANIFEST}
    except (MissingInput, DataError):
        return set()
