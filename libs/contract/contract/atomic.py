"""Replace a file so that a reader, or a crash at any instant, finds the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

from contract.os_errors import naming


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, flush it to disk and rename it over `path`."""
    import tempfile  # only here: a run that finds nothing to do writes nothing, and imports little

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, staging = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with naming(path), os.fdopen(handle, "wb") as file:
            # mkstemp makes files private; people and the other parts must be able to read this one
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staging, path)
    except BaseException:
        os.unlink(staging)
        raise
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the renames in a directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with naming(path):
            os.fsync(handle)
    finally:
        os.close(handle)
