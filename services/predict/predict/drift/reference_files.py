"""Where the champion's drift references lie, or why there are none. Light: no library is loaded for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.trained_for import TrainedFor


@dataclass(frozen=True)
class Found:
    """A file, checked against its manifest, or the reason why there is none; and the dataset that was looked at."""

    file: Path | None = None
    reason: str | None = None
    inputs: tuple[Input, ...] = ()
    absent: tuple[str, ...] = ()
    """The dataset, relative to the data root, when it is not there."""

    @property
    def known(self) -> bool:
        """Whether `inputs` and `absent` say all that it depends on: a damaged file they do not tell."""
        return bool(self.inputs or self.absent)


class _Judged(msgspec.Struct):
    """What a verdict's challenger tells about whose scores these are."""

    sha256: str
    trained_for: TrainedFor | None = None

    def is_of(self, champion: Champion) -> bool:
        """The same file, which does not know whose probability the score is: it may have been either class's."""
        positive = {about.positive for about in (self.trained_for, champion.trained_for) if about is not None}
        return self.sha256 == champion.sha256 and len(positive) <= 1


def of_columns(layout: Layout, champion: Champion) -> Found:
    """The reference that train wrote with the champion."""
    path = layout.model(champion.day)
    try:
        model = Dataset.open(path)
    except MissingInput as error:
        return Found(reason=str(error), absent=(layout.name(path),))
    except (DataError, OSError) as error:
        return Found(reason=str(error))
    inputs = (model.as_input(layout.root),)
    if model.manifest.identity != champion.manifest:
        why = "was trained again since: the champion's own reference is gone; validate this model, or train a newer day"
        return Found(reason=f"{layout.name(path)} {why}", inputs=inputs)
    if not model.manifest.named("reference"):
        why = "has no drift reference: it was trained before there were any; train again"
        return Found(reason=f"{layout.name(path)} {why}", inputs=inputs)
    try:
        return Found(model.file("reference"), inputs=inputs)
    except (DataError, OSError) as error:
        return Found(reason=str(error))


def of_score(layout: Layout, champion: Champion) -> Found:
    """The champion's scores on its test rows, which no fit had seen, as validate wrote them."""
    path = layout.report("train", champion.day)
    try:
        report = Dataset.open(path)
    except MissingInput as error:
        return Found(reason=f"the scores: {error}", absent=(layout.name(path),))
    except (DataError, OSError) as error:
        return Found(reason=f"the scores: {error}")
    inputs = (report.as_input(layout.root),)
    try:
        verdict = json.loads(report.file("verdict").read_bytes())
        if not msgspec.convert(verdict["challenger"]["model"], _Judged).is_of(champion):
            return Found(reason=f"the scores: {layout.name(path)} is about another model", inputs=inputs)
        if not report.manifest.named("scores"):
            return Found(reason=f"the scores: {layout.name(path)} has none of the test rows", inputs=inputs)
        return Found(report.file("scores"), inputs=inputs)
    except (DataError, OSError, ValueError, KeyError, TypeError) as error:
        return Found(reason=f"the scores: {layout.name(path)} cannot be read: {error}")
