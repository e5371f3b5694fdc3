"""A folder that is whole or absent: written beside its place, flushed, then given its name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from checkout.ending import CANNOT_WRITE, refuse


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Gives a new folder, open to its owner alone, that gets the name `target` when the block has ended well.

    When it has not, the new folder goes, and the parents that were made for it, and nothing else. A `target` that is
    there is refused, at the beginning and at the end.
    """
    _must_be_free(target)
    parents = [parent for parent in target.parents if not parent.exists()]
    made = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
        yield made
        _flush(made)
        try:
            target.mkdir(mode=0o700)  # fails where somebody was faster; a rename would replace an empty folder
        except FileExistsError:
            _must_be_free(target)
        try:
            made.rename(target)
        except OSError:
            target.rmdir()  # fails where somebody has put something into it meanwhile: that stays
            raise
        _flush(target.parent)
    except BaseException:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
        for parent in parents:
            with suppress(OSError):  # not empty: somebody uses it
                parent.rmdir()
        raise


def left_behind(target: Path) -> list[Path]:
    """What an earlier call for a folder of that parent left when it was killed."""
    return sorted(target.parent.glob(".*.partial-*"))


def _must_be_free(target: Path) -> None:
    if os.path.lexists(target):
        refuse(CANNOT_WRITE, f"{target}: is there already, and is left as it is; name a folder that is not there yet")


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
