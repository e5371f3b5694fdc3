"""What a model was trained to answer, and whether `pipeline.toml` still asks for that: one answer for every step.

Nothing else would tell. With the same words as classes, or as a regression, a model of another target answers without
an error; a threshold, or a score, is that of the class that was positive in training; and a row that is a test row
today may be one that an earlier split had let a model learn.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Literal

from analysis.record.row_split import may_have_moved, rows_of, split
from analysis.record.trained_by import decision, numbers, reading, tell_otherwise
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import read_manifest
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.trained_for import TrainedFor

log = logging.getLogger("model")

Rows = Literal["all", "test", "none"]


def question(config: Config) -> dict[str, Any]:
    """What a model is to answer, as the settings of a training and of a judgement keep it."""
    table = config.table
    return {
        "target": {"name": table.target, "task": table.task, "positive": table.positive},
        "classes": config.columns[table.target].values,
    }


def record(config: Config, days: list[str], held_out: list[str], read: Iterable[Dataset] = ()) -> TrainedFor:
    """The record of a training by pipeline.toml that fits rows of `days`, oldest first, none of `held_out`.

    `read`: the processed days themselves.
    """
    table = config.table
    return TrainedFor(
        target=table.target,
        task=table.task,
        positive=table.positive,
        classes=config.columns[table.target].values,
        features={name: config.columns[name].type for name in config.features},
        split=split(config),
        first=days[0],
        last=days[-1],
        held_out=tuple(held_out),
        identities={day.path.name: identity for day in read if (identity := rows_of(day, config))},
        numbers=numbers(config, (*config.features, table.target)),
        reading=reading(config, config.features),
        decision=decision(config),
    )


def trained_for(layout: Layout, model: Champion) -> TrainedFor | None:
    """What a model is about: by its record, else by its training's manifest; None where that is gone or says nothing.

    A manifest of before there were records does not tell the split.
    """
    if model.trained_for is not None:
        return model.trained_for
    try:
        manifest = read_manifest(layout.model(model.day))
    except (MissingInput, DataError):
        return None
    then = manifest.settings
    if manifest.identity != model.manifest or "target" not in then:
        return None
    days = sorted(dataset.path.rpartition("/")[2] for dataset in manifest.inputs)
    target, classes = then["target"], then.get("classes")
    return TrainedFor(
        target=target["name"],
        task=target["task"],
        positive=target["positive"],
        classes=None if classes is None else tuple(classes),
        features=then.get("features", {}),
        first=days[0] if days else model.day,
        last=days[-1] if days else model.day,
    )


def fitted_on(model: Champion, about: TrainedFor | None, day: str) -> bool | None:
    """Whether rows of a day were fitted; None when nothing tells. No training sees a day after its own."""
    if day > model.day:
        return False
    return None if about is None else about.fitted_on(day)


def unseen(layout: Layout, model: Champion, rows: Dataset, config: Config) -> tuple[Rows, str | None]:
    """Which rows of a processed day a model was never fitted on, and why not all of them.

    "all" of them, those of the "test" part, or "none" of which that is known.
    """
    about, day = trained_for(layout, model), rows.path.name
    if (known := fitted_on(model, about, day)) is False:
        return "all", None
    if known is None or about is None or about.split is None:
        return "none", f"it is unknown on which rows of {day} the model was trained"
    if about.split != (now := split(config)):
        return "none", (
            f"the model was trained on {day}, when rows were split {about.split.beside(now)}; "
            f"pipeline.toml splits {now.beside(about.split)}"
        )
    if moved := may_have_moved(model, rows, config):
        return "none", f"the model was trained on {day}; {moved}"
    return "test", f"the model was trained on the other rows of {day}"


def misfit(layout: Layout, model: Champion, config: Config) -> str | None:
    """Why a model cannot answer what `pipeline.toml` asks now, in words; None when it can.

    The question must be the same, and the columns of the training must still be there, with their types. Where
    neither record nor manifest tells, a warning says so.
    """
    about = trained_for(layout, model)
    if about is None:
        log.warning(
            "%s: its training's manifest is not in models/%s any more, so it is unknown whether it was trained for %s",
            model.label,
            model.day,
            config.table.target,
        )
        return None
    if reason := about.misfit(config):
        return reason
    tell_otherwise(model.label, about, config)
    return None
