"""What can be answered without a model, row by row: the constants that train wrote, and what is known of a group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from analysis.rows import classes as class_names
from analysis.rows import encode_target, groups
from contract.config import Config
from contract.datasets.dataset import Dataset
from validate.evaluation.judged_rows import JudgedRows
from validate.evaluation.past import Past
from validate.evaluation.scoring import labelled_batches
from validate.measures.clusters import Array
from validate.measures.metrics import values
from validate.measures.scored_rows import ScoredRows

_WHOLE_CLASS = ("f1", "jaccard")
"""Scores by which one class for every row may be better than the most frequent one."""

_MOST = 0.5
"""The share of the judged rows that must have an earlier label of their group, or it is no answer to them."""


@dataclass(frozen=True)
class Answers:
    """A baseline's answers to the judged rows."""

    text: str
    rows: ScoredRows
    of_group: str | None = None
    """The column whose known labels they are; None for a constant."""


def best_baseline(
    config: Config,
    metric: str,
    recorded: Mapping[str, Any] | None,
    part: JudgedRows,
    window: list[Dataset],
    challenger: ScoredRows,
) -> Answers | None:
    """The one with the best metric on the challenger's rows; None where none is asked for, or none is on record.

    `recorded`: what train wrote. What is known of a group is taken from the labelled test rows of the days before, as
    many as had their target by then: no train row is read, for the groups of test rows have none.
    """
    if config.gate.baseline == "off" or recorded is None:
        return None
    found = list(_constants(config, metric, recorded, challenger))
    if config.gate.baseline == "auto" and config.table.group and config.table.group != config.table.key:
        found += _of_groups(config, found[0].rows, part, window, challenger)

    def value(answers: Answers) -> float:
        classes = answers.rows.scores.shape[1] if answers.rows.scores.ndim > 1 else 0
        score = values([metric], answers.rows, classes)[metric]
        return -np.inf if score is None else score

    return max(found, key=value)


def _constants(config: Config, metric: str, recorded: Mapping[str, Any], challenger: ScoredRows) -> Iterator[Answers]:
    names, count = class_names(config), len(challenger.target)
    if not names:
        for name, value in recorded["constants"].items():
            answers = ScoredRows(challenger.target, np.full(count, float(value)), groups=challenger.groups)
            yield Answers(f"always the {name} of the training, {value:.4g}", answers)
        return
    priors = np.array([float(recorded["priors"].get(name, 0.0)) for name in names])
    answers = ScoredRows(challenger.target, np.tile(priors, (count, 1)), groups=challenger.groups)
    yield Answers(f"always the training's shares of the classes, so {names[int(priors.argmax())]!r}", answers)
    if metric.startswith(_WHOLE_CLASS):
        for code, name in enumerate(names):
            yield Answers(f"always {name!r}", replace(answers, recorded=np.full(count, code)))


def _of_groups(
    config: Config, constant: ScoredRows, part: JudgedRows, window: list[Dataset], challenger: ScoredRows
) -> Iterator[Answers]:
    """The last label of each group, and the mean of its labels, where most judged rows have an earlier one."""
    names, group = class_names(config), config.table.group
    wait = timedelta(days=max(config.training.target_delay_days, 1))
    past, judged = Past(len(names)), {day.path.name for day in part.days}
    waiting: list[tuple[date, Array, Array]] = []
    answers: list[tuple[Array, Array, Array]] = []
    for day in window:
        today = date.fromisoformat(day.path.name)
        while waiting and waiting[0][0] + wait <= today:
            _, owners, targets = waiting.pop(0)
            past.add(owners, targets)
        owners, targets = _labels(day, config, part.fraction)
        if day.path.name in judged:
            answers.append(past.of(owners))
        waiting.append((today, owners, targets))
    last, mean, there = (np.concatenate(parts) for parts in zip(*answers, strict=True))
    if len(there) != len(challenger.target) or not len(there) or there.mean() < _MOST:
        return
    for text, scores in (("the last known label of", last), ("the mean of the known labels of", mean)):
        known = np.where(there if not names else there[:, None], scores, constant.scores)
        yield Answers(f"{text} each {group!r}", replace(constant, scores=known), group)


def _labels(day: Dataset, config: Config, fraction: float | None) -> tuple[Array, Array]:
    """Group and target of a day's labelled test rows."""
    owners, targets = [np.empty(0, np.uint64)], [np.empty(0, np.intp if class_names(config) else np.float64)]
    for batch in labelled_batches([day], [], config.table.target, "baseline", fraction):
        owners.append(groups(batch))
        targets.append(encode_target(batch, config))
    return np.concatenate(owners), np.concatenate(targets)
