"""Check the files behind a manifest. Light: a step that is up to date imports no more than this."""

from __future__ import annotations

import hashlib
from pathlib import Path

from contract.datasets.manifest import File
from contract.errors import DataError


def sha256_of(path: Path) -> str:
    """The sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(dataset: Path, file: File) -> None:
    """Raise DataError unless a file is there with the bytes that its manifest names."""
    path = dataset / file.path
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise DataError(f"{path}: the manifest names it, but it is not there; write the dataset again") from None
    if size != file.bytes:
        raise DataError(f"{path}: must have {file.bytes} bytes by its manifest, got {size}; write the dataset again")
    if (actual := sha256_of(path)) != file.sha256:
        raise DataError(
            f"{path}: must have sha256 {file.sha256} by its manifest, got {actual}; write the dataset again"
        )
