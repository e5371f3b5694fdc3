"""Score models on the labelled test rows, batch by batch: what grows with the rows are targets and scores alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError
from contract.frame import arrays, labelled_rows
from contract.progress import progress
from validate.models import CannotCompare

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Outcome:
    """The test rows' targets and what a model says about them, row by row."""

    target: Array
    """Regression: the number; otherwise the class as its place in `classes`."""
    scores: Array
    """Regression: the predicted number; otherwise rows x classes probabilities."""


def classes(config: Config) -> list[str]:
    """The target's classes in the order of `Outcome.scores`; binary: the positive one last. Regression: none."""
    if config.table.task == "regression":
        return []
    names = list(config.columns[config.table.target].values or ())
    return sorted(names, key=lambda name: name == config.table.positive) if config.table.task == "binary" else names


def score(model: Pipeline, days: list[Dataset], config: Config, what: str) -> Outcome:
    """What a model says about the labelled test rows of the days.

    Raises CannotCompare when the rows are not what the model was trained on.
    """
    known, target = classes(config), config.table.target
    # even without any row both have their kind and their width
    targets = [np.empty(0, np.intp if known else np.float64)]
    scores = [np.empty((0, len(known)) if known else 0)]
    wanted = list(model.feature_names_in_)
    for day in days:
        if lacking := [name for name in wanted if name not in {field.name for field in day.manifest.schema}]:
            raise CannotCompare(f"it was trained on {', '.join(lacking)}, which processed/{day.path.name} lacks")
    for batch in _test_batches(days, wanted, target, what):
        columns = arrays(batch, [*wanted, target])
        answer = columns.pop(target)
        frame = pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()})
        try:
            said = _probabilities(model, frame, known) if known else model.predict(frame)
        except (ValueError, TypeError) as error:
            raise CannotCompare(f"it cannot score these rows: {error}") from None
        targets.append(pd.Index(known, dtype=object).get_indexer(answer) if known else answer)
        scores.append(said)
    return Outcome(np.concatenate(targets), np.concatenate(scores))


def _test_batches(days: list[Dataset], columns: list[str], target: str, what: str) -> Iterator[Any]:
    with progress(f"score {what}", sum(day.rows() for day in days)) as tell:
        for day in days:
            for batch in day.batches([*columns, target, "split"]):
                wanted = labelled_rows(batch, target, "test")
                if wanted.num_rows:
                    yield wanted
                tell(batch.num_rows)


def _probabilities(model: Pipeline, frame: pd.DataFrame, known: list[str]) -> Array:
    """Rows x classes; 0 for a class that the model never saw."""
    own = list(model.classes_)
    if strange := sorted(set(own) - set(known)):
        raise DataError(f"the model knows the class {strange[0]!r}, which columns.<target>.values lacks; train again")
    given = model.predict_proba(frame)
    full = np.zeros((len(frame), len(known)))
    full[:, [known.index(name) for name in own]] = given
    return full
