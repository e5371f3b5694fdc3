"""Rows in, predictions out, batch by batch."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.answers import answers
from analysis.model_parts import parts, ready
from analysis.rows import Columns
from contract.config import Config
from contract.errors import DataError
from predict.columns import score_columns

log = logging.getLogger("predict")


class Scorer:
    """A model, and the totals of what it has predicted so far."""

    def __init__(self, model: Any, config: Config, name: str) -> None:
        """`name` goes into each row's `model` column. Raises DataError when model and task do not fit."""
        self._prepare, self._estimator = parts(model)
        self._key = config.key
        self._name = name
        self._class_indices = _class_indices(model, config, name)
        self.rows = 0
        self.classes: Counter[str] = Counter()
        """Rows by predicted class; empty for a regression."""
        self._sums: Counter[str] = Counter()

    def score(self, batch: pa.RecordBatch, features: Columns) -> pa.RecordBatch:
        """Key, prediction, scores and model of a batch of processed rows, of which the model gets `features`."""
        if not batch.num_rows:
            return self._nothing(batch)
        try:
            rows = ready(self._prepare, features)
            probabilities: Any = self._estimator.predict_proba(rows) if self._class_indices else None
            y_pred = self._predict(rows, probabilities)
        except (ValueError, TypeError) as error:
            # most likely a column changed since the training, for example from numbers to words
            raise DataError(
                f"champion {self._name}: cannot score the rows as they are now: {error}; train and validate again"
            ) from error
        output = {self._key: batch.column(self._key), "prediction": y_pred}
        for column, index in self._class_indices.items():
            scores = np.zeros(batch.num_rows) if index is None else probabilities[:, index]
            output[column] = pa.array(np.ascontiguousarray(scores, dtype=np.float64))
        output["model"] = pa.repeat(self._name, batch.num_rows)
        self._add_up(output)
        return pa.RecordBatch.from_pydict(output)

    def _nothing(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """What a day without rows gives, which no estimator can be asked for: the columns alone."""
        kind = pa.string() if self._class_indices or hasattr(self._estimator, "classes_") else pa.float64()
        output = {self._key: batch.column(self._key), "prediction": pa.array([], kind)}
        output |= {column: pa.array([], pa.float64()) for column in self._class_indices}
        return pa.RecordBatch.from_pydict(output | {"model": pa.array([], pa.string())})

    def _predict(self, rows: Any, probabilities: Any) -> pa.Array:
        if not hasattr(self._estimator, "classes_"):
            return pa.array(self._estimator.predict(rows))
        # no Python per row: the classes once, and the code of each row
        codes, classes = answers(self._estimator, rows, probabilities), pa.array(self._estimator.classes_)
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), classes).cast(pa.string())

    def means(self) -> dict[str, float]:
        """The mean of each score, or of the predictions of a regression."""
        # 12 digits: the last ones depend on the processor's way of adding up
        return {column: float(f"{total / self.rows:.12g}") for column, total in self._sums.items()}

    def _add_up(self, output: dict[str, Any]) -> None:
        prediction = output["prediction"]
        self.rows += len(prediction)
        if pa.types.is_floating(prediction.type):
            self._sums["prediction"] += pc.sum(prediction).as_py()
        else:
            self.classes.update({item["values"]: item["counts"] for item in pc.value_counts(prediction).to_pylist()})
        for column in self._class_indices:
            self._sums[column] += pc.sum(output[column]).as_py()


def _class_indices(model: Any, config: Config, name: str) -> dict[str, int | None]:
    """Score column -> index of its class in the model's probabilities; None for a class that the model never saw."""
    known = [str(label) for label in getattr(model, "classes_", ())]
    classes = () if config.table.task == "regression" else config.columns[config.table.target].values or ()
    if bool(known) != bool(classes) or not set(known) <= set(classes):
        raise DataError(
            f"champion {name}: its classes must be of pipeline.toml's ({', '.join(classes) or 'none'}), "
            f"got {', '.join(known) or 'none'}; train and validate again"
        )
    if known and not hasattr(model, "predict_proba"):
        log.warning("champion %s: knows no probabilities (predict_proba): predictions without scores", name)
        return {}
    return {column: known.index(label) if label in known else None for column, label in score_columns(config).items()}
