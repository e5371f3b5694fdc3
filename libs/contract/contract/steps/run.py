"""One run of a step: its day, its paths, its configuration, and what it leaves in the manifest."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.config import Config
from contract.datasets.dataset import current
from contract.datasets.manifest import Input, Manifest
from contract.datasets.observed import Observed
from contract.datasets.recipe import Recipe, code_version
from contract.datasets.staging import sweep
from contract.layout import Layout

if TYPE_CHECKING:
    from contract.steps.dry_run import DryRun

# validate looks at a run from several days; the sources are the same
_code_version = cache(code_version)


@dataclass(frozen=True)
class Run:
    """What a step's work function is given."""

    step: str
    package: Path
    date: date
    root: Path
    config: Config
    force: bool = False
    libraries: tuple[Path, ...] = ()
    """The directories of other sources of ours that the step uses."""
    config_file: Path | None = None
    """Where the configuration was read."""
    config_sha256: str | None = None
    """Of the bytes that were read there."""
    dry_run: DryRun | None = None
    """Where the step tells what it would do; it then writes nothing and ends before the work."""

    @property
    def day(self) -> str:
        """The day as paths and manifests write it."""
        return self.date.isoformat()

    @property
    def layout(self) -> Layout:
        """The paths below the data root."""
        return Layout(self.root)

    @property
    def code(self) -> str:
        """The version of the step's code."""
        return _code_version(self.package, self.libraries)

    def recipe(self, settings: dict[str, Any], *inputs: Input, observed: Observed | None = None) -> Recipe:
        """What this run makes a dataset from; `settings` is the part of the configuration that matters."""
        return Recipe(step=self.step, day=self.day, code=self.code, settings=settings, inputs=inputs, observed=observed)

    def up_to_date(self, path: Path, recipe: Recipe, *, explicit: bool = True) -> Manifest | None:
        """The manifest at `path` if `recipe` made it and its files are intact; logs that it is up to date.

        None with --force. Not `explicit`: the run is about another dataset, so it logs nothing and ignores --force.
        """
        manifest = None if self.force and explicit else current(path, recipe)
        if manifest is not None and self.dry_run is not None:
            if explicit:
                self.dry_run.leaves(self.layout.name(path))
        elif manifest is not None:
            with suppress(OSError):  # what a killed run left beside it; who may not write here left nothing
                sweep(path, superseded=False)
        if manifest is not None and explicit:
            logging.getLogger(self.step).info("%s: up to date", self.layout.name(path))
        return manifest

    def provenance(self, **more: Any) -> dict[str, Any]:
        """For a manifest's `run`: when, by which revision, image and Python."""
        import platform  # only who writes a dataset says where

        return {
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "revision": os.environ.get("MICROSTEP_REVISION"),
            "image": os.environ.get("MICROSTEP_IMAGE"),
            "config": self.config_sha256,
            "python": platform.python_version(),
            **more,
        }
