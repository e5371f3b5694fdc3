"""Where a dataset is written before it is published, and what goes when its writer has died.

A staging directory is locked as long as its writer lives. Those who make one share the dataset's own lock, and those
who sweep have it alone: so nobody sweeps one between its making and its lock.
"""

from __future__ import annotations

import contextlib
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

_STAGING = ".staging-"
_OURS = re.compile(r".+-[0-9a-f]{12}(\.\w+)?|\.manifest\.json-\w+")  # a part, a manifest before its rename


def sweep(dataset: Path, *, superseded: bool = True) -> list[Path]:
    """Remove what dead writers left, and parts that no manifest has named for a day; returns what went.

    Nothing while another process begins to write, or sweeps: the next one comes to it.
    """
    with _locked(dataset, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
        return [*_dead_stagings(dataset), *(_superseded(dataset) if superseded else ())] if alone else []


def stage(dataset: Path) -> tuple[Path, int]:
    """A new staging directory in a dataset's, and its lock: a descriptor that its writer keeps open."""
    import tempfile  # only here: a run that finds nothing to do writes nothing, and imports little

    while True:
        try:
            dataset.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            if os.path.lexists(dataset) and not dataset.is_dir():
                raise
            continue  # removed since by a writer that left nothing
        with _locked(dataset, fcntl.LOCK_SH) as there:
            if there:
                staging = Path(tempfile.mkdtemp(dir=dataset, prefix=_STAGING))
                lock = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
                fcntl.flock(lock, fcntl.LOCK_EX)
                return staging, lock


def at_work(dataset: Path) -> bool:
    """Whether somebody is writing a dataset: another process, or this one."""
    for staging in dataset.glob(f"{_STAGING}*"):
        with _locked(staging, fcntl.LOCK_EX | fcntl.LOCK_NB) as dead:
            if not dead and staging.exists():
                return True
    return False


def remove_empty(dataset: Path) -> None:
    """Remove a dataset's directory where nothing was ever published, and nobody else writes."""
    with _locked(dataset, fcntl.LOCK_EX) as there, contextlib.suppress(OSError):
        if there:
            dataset.rmdir()  # fails where there is anything


@contextlib.contextmanager
def _locked(directory: Path, kind: int) -> Iterator[bool]:
    """Hold a lock on a directory; False when another process has it, or has removed the directory meanwhile."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, kind)
            there = os.path.samestat(os.fstat(handle), directory.stat())
        except (BlockingIOError, FileNotFoundError):
            there = False
        yield there
    finally:
        os.close(handle)


def _dead_stagings(dataset: Path) -> Iterator[Path]:
    for staging in dataset.glob(f"{_STAGING}*"):
        with _locked(staging, fcntl.LOCK_EX | fcntl.LOCK_NB) as dead:
            if dead:
                import shutil  # only here: a run that finds nothing to do removes nothing

                shutil.rmtree(staging)
                yield staging


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
