"""What a model was trained to answer, and whether `pipeline.toml` still asks for that: one answer for every step.

Nothing else would tell. With the same words as classes, or as a regression, a model of another target answers without
an error; and a threshold, or a score, is that of the class that was positive in training.
"""

from __future__ import annotations

import logging
from typing import Any

from contract.config import Config
from contract.datasets.manifest import read_manifest
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion

log = logging.getLogger("model")


def question(config: Config) -> dict[str, Any]:
    """What a model is to answer, as the settings of a training and of a judgement keep it."""
    table = config.table
    return {
        "target": {"name": table.target, "task": table.task, "positive": table.positive},
        "classes": config.columns[table.target].values,
    }


def misfit(layout: Layout, model: Champion, config: Config) -> str | None:
    """Why a model's answers are none to what `pipeline.toml` asks now, in words; None when they are.

    Target, task and positive class must be the same, and each class of the training must still be one: a class that
    came later the model never says, which is no wrong answer. The training's manifest tells; where that is gone, or
    another training's by now, a warning says that nothing can tell.
    """
    try:
        manifest = read_manifest(layout.model(model.day))
    except (MissingInput, DataError):
        manifest = None
    trained = manifest.settings if manifest and manifest.identity == model.manifest else {}
    asked = question(config)
    if "target" not in trained:
        log.warning(
            "%s: its training's manifest is not in models/%s any more, so nothing tells whether it was trained for %s",
            model.label,
            model.day,
            config.table.target,
        )
        return None
    then, now = trained["target"], asked["target"]
    for key, setting, noun in (
        ("name", "target", "the target"),
        ("task", "task", "the task"),
        ("positive", "positive", "the positive class"),
    ):
        if then.get(key) != now[key]:
            return f"was trained for {noun} {then.get(key)}, pipeline.toml: table.{setting} is {now[key]}"
    if gone := [word for word in trained.get("classes") or () if word not in (asked["classes"] or ())]:
        return (
            f"was trained for the class {gone[0]}, which pipeline.toml: columns.{now['name']}.values lacks, "
            f"got {', '.join(asked['classes'] or ()) or 'none'}"
        )
    return None
