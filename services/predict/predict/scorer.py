"""Rows in, predictions out, batch by batch."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier

from analysis.matrix import parts, ready
from analysis.rows import Columns
from contract.config import Config
from contract.errors import DataError
from predict.columns import score_columns

_MOST_PROBABLE = (HistGradientBoostingClassifier, LogisticRegression)
"""Whose prediction is the most probable class by definition: asked for both, they would do all the work twice."""

log = logging.getLogger("predict")


class Scoring:
    """A model at work, and what it said so far."""

    def __init__(self, model: Any, config: Config, name: str) -> None:
        """`name` is what each row's `model` column says. Raises DataError when model and task do not fit."""
        self._prepare, self._estimator = parts(model)
        self._key = config.key
        self._name = name
        self._scores = _places(model, config, name)
        self.rows = 0
        self.classes: Counter[str] = Counter()
        """Rows by predicted class; empty for a regression."""
        self._sums: Counter[str] = Counter()

    def score(self, batch: pa.RecordBatch, features: Columns) -> pa.RecordBatch:
        """Key, prediction, scores and model of a batch of processed rows, of which the model gets `features`."""
        try:
            rows = ready(self._prepare, features)
            chances: Any = self._estimator.predict_proba(rows) if self._scores else None
            predicted = self._predicted(rows, chances)
        except (ValueError, TypeError) as error:
            # most likely a column changed since the training, for example from numbers to words
            raise DataError(
                f"champion {self._name}: cannot score the rows as they are now: {error}; train and validate again"
            ) from error
        made = {self._key: batch.column(self._key), "prediction": predicted}
        for column, place in self._scores.items():
            values = np.zeros(batch.num_rows) if place is None else chances[:, place]
            made[column] = pa.array(np.ascontiguousarray(values, dtype=np.float64))
        made["model"] = pa.repeat(self._name, batch.num_rows)
        self._count(made)
        return pa.RecordBatch.from_pydict(made)

    def _predicted(self, rows: Any, chances: Any) -> pa.Array:
        places = None if chances is None else _told(self._estimator, chances)
        if places is None:
            return pa.array(self._estimator.predict(rows))
        # no Python per row: a word for each class, and which one each row has
        words = pa.array(self._estimator.classes_)
        return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), words).cast(pa.string())

    def means(self) -> dict[str, float]:
        """The mean of each score, or of the predictions of a regression."""
        # 12 digits: the last ones depend on the processor's way of adding up
        return {column: float(f"{total / self.rows:.12g}") for column, total in self._sums.items()}

    def _count(self, made: dict[str, Any]) -> None:
        prediction = made["prediction"]
        self.rows += len(prediction)
        if pa.types.is_floating(prediction.type):
            self._sums["prediction"] += pc.sum(prediction).as_py()
        else:
            self.classes.update({each["values"]: each["counts"] for each in pc.value_counts(prediction).to_pylist()})
        for column in self._scores:
            self._sums[column] += pc.sum(made[column]).as_py()


def _told(estimator: Any, chances: Any) -> Any:
    """The place of each row's predicted class, as its probabilities tell; None for a model that must be asked."""
    if isinstance(estimator, FixedThresholdClassifier) and estimator.response_method == "predict_proba":
        # as train makes it: a number, for two classes
        positive = list(estimator.classes_).index(estimator.pos_label)
        return np.where(chances[:, positive] >= estimator.threshold, positive, 1 - positive)
    return chances.argmax(axis=1) if isinstance(estimator, _MOST_PROBABLE) else None


def _places(model: Any, config: Config, name: str) -> dict[str, int | None]:
    """Score column -> where the model has its class's probability; None for a class it never saw."""
    known = [str(each) for each in getattr(model, "classes_", ())]
    classes = () if config.table.task == "regression" else config.columns[config.table.target].values or ()
    if bool(known) != bool(classes) or not set(known) <= set(classes):
        raise DataError(
            f"champion {name}: its classes must be of pipeline.toml's ({', '.join(classes) or 'none'}), "
            f"got {', '.join(known) or 'none'}; train and validate again"
        )
    if known and not hasattr(model, "predict_proba"):
        log.warning("champion %s: knows no probabilities (predict_proba): predictions without scores", name)
        return {}
    return {column: known.index(each) if each in known else None for column, each in score_columns(config).items()}
