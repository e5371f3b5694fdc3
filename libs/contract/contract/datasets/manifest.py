"""The commit record of a dataset: what is in it and where it came from."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from contract.errors import DataError, MissingInput
from contract.layout import MANIFEST
from contract.old_words import renamed
from contract.pretty_json import pretty_json


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a dataset."""

    path: str
    """Relative to the dataset; contains part of the content's hash."""
    role: str
    """`rows` for the dataset's own rows; other roles as the writing step names them."""
    bytes: int
    sha256: str
    rows: int | None = None
    """None for a file that is not a table."""


class Field(msgspec.Struct, frozen=True):
    """A column of the rows: its name and its Arrow type."""

    name: str
    type: str


class Input(msgspec.Struct, frozen=True):
    """A dataset, or a set of files, that went into another one."""

    path: str
    """Relative to the data root."""
    sha256: str
    """The identity of its manifest, or the content hash of a plain file."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, dict=True, forbid_unknown_fields=True):
    """What a dataset is (all but `run`) and how it came to be (`run`)."""

    format: Literal[1] = 1
    step: str
    day: str
    fingerprint: str
    code: str
    settings: dict[str, Any]
    inputs: list[Input]
    schema: list[Field]
    files: list[File]
    counts: dict[str, Any]
    """Rows in, out, rejected and the like; whole numbers, or groups of them by name."""
    notes: dict[str, Any]
    """What the step wants to say beyond counts (a model's metrics, a verdict)."""
    run: dict[str, Any]
    """When, by which revision and image, in which tracking run: not part of the identity."""

    @cached_property
    def identity(self) -> str:
        """sha256 over all but `run`: making the same dataset again does not change it."""
        content = msgspec.to_builtins(self)
        del content["run"]
        return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()

    def named(self, role: str) -> list[File]:
        """The files with a role, in the order of their names."""
        return [file for file in self.files if file.role == role]


PLANNED: dict[Path, Manifest] = {}
"""What a dry run takes for written, so that later decisions of it are made as they will be; empty in any other run."""


def read_manifest(dataset: Path) -> Manifest:
    """The manifest of a dataset.

    Raises MissingInput when the dataset is not there, DataError when the manifest is damaged.
    """
    if (planned := PLANNED.get(dataset)) is not None:
        return planned
    path = dataset / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise MissingInput(f"{path}: not there; the step that writes it has not run for this day") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not a manifest: {error}; write the dataset again with --force") from None
    return msgspec.structs.replace(manifest, run=renamed(manifest.run))


def encode(manifest: Manifest) -> bytes:
    """The manifest as the bytes of its file."""
    return pretty_json(manifest)
