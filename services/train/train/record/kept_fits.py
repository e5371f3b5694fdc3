"""The fits of a training that was not registered, kept for its next try: MLflow may be away once they are done."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import joblib

from contract.atomic import replace_file
from contract.datasets.recipe import Recipe
from contract.models.model_file import signature
from contract.steps.run import Run
from train.record.card import LIBRARIES, version

MOST_BYTES = 512 * 2**20
"""The largest model that is kept; a larger one is fitted again."""
MOST_DAYS = 3
"""The most days whose fits are kept; the oldest go first."""
KEPT_SECONDS = 2 * 24 * 3600
"""Longer than the tries of a task go on."""
_MODEL, _REPORT, _ABOUT = "model.joblib", "report.json", "fits.json"

log = logging.getLogger("train")


class KeptFits:
    """What was fitted for a day by a recipe, with the libraries that are here; gone when the day is published.

    :param key: signs the model; what another key signed, or none, is not opened
    """

    def __init__(self, run: Run, recipe: Recipe, key: bytes | None) -> None:
        self._folder, self._name = run.layout.kept(run.step, run.day), run.layout.name(run.layout.model(run.day))
        self._forced = run.force
        self._key = key
        self._made_from = {
            "recipe": recipe.fingerprint,
            "libraries": {library: version(library) for library in LIBRARIES},
        }

    def take(self, model_file: Path) -> tuple[Any, dict[str, Any], dict[str, Any]] | None:
        """Write the model's file; the model, its card and its seconds. None unless the very same fits are there, whole.

        None with --force, too: it asks for new ones.
        """
        try:
            about = json.loads((self._folder / _ABOUT).read_bytes())
            model, report = ((self._folder / name).read_bytes() for name in (_MODEL, _REPORT))
        except (OSError, ValueError):
            return None
        if self._forced or about != self._about(model, report):
            log.info("%s: an earlier try's fits are not used: --force, other data, settings or code", self._name)
            return None
        log.info("%s: the fits of an earlier try, which could not be registered, are used", self._name)
        model_file.write_bytes(model)
        card, seconds = json.loads(report)
        # the very bytes that were checked
        return joblib.load(io.BytesIO(model)), card, seconds

    def keep(self, model_file: Path, card: dict[str, Any], seconds: dict[str, Any]) -> None:
        """Keep the fits until `forget`. What cannot be kept is fitted again; that is no error."""
        self.forget()
        if model_file.stat().st_size > MOST_BYTES:
            log.info("%s: larger than %d MB, so another try would fit it again", self._name, MOST_BYTES // 2**20)
            return
        try:
            # Python's JSON, unlike that of files for others, has a score that is no number
            model, report = model_file.read_bytes(), json.dumps([card, seconds]).encode()
            self._folder.mkdir(parents=True)
            replace_file(self._folder / _MODEL, model)
            replace_file(self._folder / _REPORT, report)
            # the last one: without it the others are nothing
            replace_file(self._folder / _ABOUT, json.dumps(self._about(model, report)).encode())
        except OSError as error:
            log.warning("%s: the fits are not kept, another try would fit again: %s", self._name, error)
            self.forget()

    def forget(self) -> None:
        """Remove the day's, those that are too old or too many, and folders that are empty then."""
        by_step = self._folder.parent
        _remove(self._folder)
        others = sorted(by_step.glob("*"), key=_age)
        for number, folder in enumerate(others, 1):
            if number >= MOST_DAYS or _age(folder) > KEPT_SECONDS:
                _remove(folder)
        for folder in (by_step, by_step.parent):
            with suppress(OSError):  # it has something in it, or was never there
                folder.rmdir()

    def _about(self, model: bytes, report: bytes) -> dict[str, Any]:
        content = hashlib.sha256(model).hexdigest()
        return {
            **self._made_from,
            "model": content,
            "report": hashlib.sha256(report).hexdigest(),
            "signature": None if self._key is None else signature(content, self._key),
        }


def _age(folder: Path) -> float:
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime
    return float("inf")


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
