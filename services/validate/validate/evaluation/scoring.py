"""Score models on the labelled test rows, batch by batch: what grows with the rows are targets and scores alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from analysis.matrix import parts, ready
from analysis.rows import Categorical, Columns, classes, columns, encode_target, labelled_rows
from contract.config import Config
from contract.dataset import Dataset
from contract.errors import DataError
from contract.prefetch import prefetch
from contract.progress import progress
from validate.evaluation.models import CannotCompare
from validate.evaluation.scored_rows import Array, Outcome

MISSING = "(missing)"
"""The slice of the rows without a value."""


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
        found = columns(batch, wanted)
        try:
            said = say(model, {name: found[name] for name in features}, known)
        except (ValueError, TypeError) as error:
            raise CannotCompare(f"it cannot score these rows: {error}") from None
        targets.append(encode_target(batch, config))
        scores.append(said)
        for name in slices:
            words[name].append(_slice_categories(found[name]))
    return Outcome(
        np.concatenate(targets),
        np.concatenate(scores),
        threshold_of(model) if len(known) == 2 else None,
        {name: np.concatenate(parts) for name, parts in words.items()},
    )


def say(model: Pipeline, rows: Columns, known: list[str]) -> Array:
    """What a model says about rows: numbers, or probabilities in the order of `known`."""
    prepare, estimator = parts(model)
    found = ready(prepare, rows)
    return _probabilities(estimator, found, known) if known else np.asarray(estimator.predict(found))


def _slice_categories(column: Array | Categorical) -> Array:
    assert isinstance(column, Categorical), "contract.config lets only categories be slices"
    return np.array([*column.categories, MISSING], dtype=object)[column.codes]


def threshold_of(model: Pipeline) -> float | None:
    """From which probability on a model says the positive class, when the training gave it one."""
    last = model[-1]
    return float(last.threshold) if isinstance(last, FixedThresholdClassifier) else None


def test_batches(days: list[Dataset], columns: list[str], target: str, what: str) -> Iterator[Any]:
    """The labelled test rows of the days, the columns and the target, batch by batch; none of them empty."""
    with progress(f"score {what}", sum(day.rows() for day in days)) as advance:
        for day in days:
            for batch in prefetch(day.batches([*columns, target, "split"])):
                wanted = labelled_rows(batch, target, "test")
                if wanted.num_rows:
                    yield wanted
                advance(batch.num_rows)


def _probabilities(estimator: Any, rows: Any, known: list[str]) -> Array:
    """Rows x classes; 0 for a class that the model never saw."""
    own = list(estimator.classes_)
    if strange := sorted(set(own) - set(known)):
        raise DataError(f"the model knows the class {strange[0]!r}, which columns.<target>.values lacks; train again")
    given = estimator.predict_proba(rows)
    full = np.zeros((len(given), len(known)))
    full[:, [known.index(name) for name in own]] = given
    return full
