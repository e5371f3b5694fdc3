"""What a dataset is made from: inputs, settings and code. Its hash decides whether to make it again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

import contract
from contract.datasets.manifest import Input
from contract.datasets.observed import Observed


def code_version(package: Path, libraries: tuple[Path, ...] = ()) -> str:
    """sha256 over the sources of a step's package, of the contract, of other libraries of ours and of the step's lock.

    Not the git revision: a commit that touches neither leaves every dataset up to date, and the
    same sources give the same version in a container and in a checkout.
    """
    digest = hashlib.sha256()
    ours = Path(contract.__file__).parent
    sources = {name: path for root in (ours, package, *libraries) for name, path in _sources(root.name, root)}
    lock = package.parent / "requirements.txt"
    if lock.exists():
        sources[lock.name] = lock
    for name, path in sorted(sources.items()):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources(name: str, folder: str | Path) -> Iterator[tuple[str, Path]]:
    """The sources below a folder that goes by a name. By scandir: Path.rglob costs a step more than reading them."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _sources(f"{name}/{entry.name}", entry.path)
            elif entry.name.endswith((".py", ".html", ".css")):
                yield f"{name}/{entry.name}", Path(entry.path)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a step writes for a day."""

    step: str
    day: str
    code: str
    settings: dict[str, Any]
    inputs: tuple[Input, ...] = ()
    observed: Observed | None = None
    """Not part of the fingerprint: what is not there makes no other dataset."""

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the recipe; equal recipes make equal datasets."""
        made_from = {
            "step": self.step,
            "day": self.day,
            "code": self.code,
            "settings": self.settings,
            "inputs": [msgspec.to_builtins(dataset) for dataset in self.inputs],
        }
        return hashlib.sha256(msgspec.json.encode(made_from, order="deterministic")).hexdigest()
