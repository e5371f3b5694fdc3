"""Score models on the labelled test rows, batch by batch: what grows with the rows are targets and scores alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError
from contract.frame import arrays, labelled_rows
from contract.progress import progress
from validate.models import CannotCompare
from validate.outcome import Array, Outcome

MISSING = "(missing)"
"""The slice of the rows without a value."""


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
    features, slices = list(model.feature_names_in_), config.gate.slices
    wanted = list(dict.fromkeys([*features, *slices]))
    words: dict[str, list[Array]] = {name: [np.empty(0, object)] for name in slices}
    for day in days:
        if lacking := [name for name in features if name not in {field.name for field in day.manifest.schema}]:
            raise CannotCompare(f"it was trained on {', '.join(lacking)}, which processed/{day.path.name} lacks")
    for batch in test_batches(days, wanted, target, what):
        columns = arrays(batch, [*wanted, target])
        answer = columns[target]
        try:
            said = say(model, _frame(columns, features), known)
        except (ValueError, TypeError) as error:
            raise CannotCompare(f"it cannot score these rows: {error}") from None
        targets.append(pd.Index(known, dtype=object).get_indexer(answer) if known else answer)
        scores.append(said)
        for name in slices:
            words[name].append(np.where(pd.isna(columns[name]), MISSING, columns[name]))
    return Outcome(
        np.concatenate(targets),
        np.concatenate(scores),
        threshold_of(model) if len(known) == 2 else None,
        {name: np.concatenate(parts) for name, parts in words.items()},
    )


def frame_of(batch: pa.RecordBatch, features: list[str]) -> pd.DataFrame:
    """The columns of a batch as a model sees them."""
    return _frame(arrays(batch, features), features)


def say(model: Pipeline, frame: pd.DataFrame, known: list[str]) -> Array:
    """What a model says about rows: numbers, or probabilities in the order of `known`."""
    return _probabilities(model, frame, known) if known else np.asarray(model.predict(frame))


def _frame(columns: dict[str, Array], features: list[str]) -> pd.DataFrame:
    # a Series each: from a bare array pandas would guess a text type of its own
    return pd.DataFrame({name: pd.Series(columns[name], dtype=columns[name].dtype) for name in features})


def threshold_of(model: Pipeline) -> float | None:
    """From which probability on a model says the positive class, when the training gave it one."""
    last = model[-1]
    return float(last.threshold) if isinstance(last, FixedThresholdClassifier) else None


def test_batches(days: list[Dataset], columns: list[str], target: str, what: str) -> Iterator[Any]:
    """The labelled test rows of the days, the columns and the target, batch by batch; none of them empty."""
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
