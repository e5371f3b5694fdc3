#!/usr/bin/env python3
"""The reference work as it can be written for this machine: Parquet, dictionaries, native categories, float32, batches.

usage: tuned.py TABLES OUT     reads TABLES/{train,new}.parquet, writes a model and predictions
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_CORES = str(len(os.sched_getaffinity(0)))
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before numpy is imported
    os.environ.setdefault(_name, _CORES)
os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # a short spin: the fastest when nobody else is there

import joblib  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from schema import KEY, LEAST, LEVELS, NUMBERS, TARGET  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import (  # noqa: E402
    accuracy_score,
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import StratifiedKFold, train_test_split  # noqa: E402
from stages import Stages  # noqa: E402

FOLDS, RESAMPLES, BATCH, BINS = 2, 99, 131_072, 64
COUNT = len(NUMBERS)
CATEGORICAL = list(LEVELS)
Array = np.ndarray[Any, Any]


def encode(table: pa.Table | pa.RecordBatch) -> Array:
    """Rows x columns as float32, column by column: NaN where missing, categories as their codes."""
    matrix = np.empty((table.num_rows, COUNT + len(CATEGORICAL)), np.float32, order="F")
    for index, name in enumerate(NUMBERS):
        matrix[:, index] = _floats(table[name])
    for index, name in enumerate(CATEGORICAL, COUNT):
        matrix[:, index] = _codes(table[name], pa.array(LEVELS[name]))
    return matrix


def _floats(column: Any) -> Array:
    if isinstance(column, pa.ChunkedArray):
        return np.concatenate([_floats(chunk) for chunk in column.chunks])
    return np.asarray(column.cast(pa.float32(), safe=False).to_numpy(zero_copy_only=False))


def _codes(column: Any, values: pa.Array) -> Array:
    if isinstance(column, pa.ChunkedArray):
        return np.concatenate([_codes(chunk, values) for chunk in column.chunks])
    known = _floats(pc.index_in(column.dictionary, value_set=values))
    return np.append(known, np.float32(np.nan))[column.indices.fill_null(len(known)).to_numpy()]


class Linear:
    """Medians in the gaps, a column that says so, scaled; categories as one-hot. One float32 matrix."""

    def fit(self, matrix: Array, target: Array) -> Linear:
        """Fitted on encoded rows."""
        numbers = matrix[:, :COUNT]
        self.medians = np.array([np.nanmedian(numbers[:, index]) for index in range(COUNT)], np.float32)
        self.means, self.scales = np.zeros(2 * COUNT, np.float32), np.ones(2 * COUNT, np.float32)
        for index in range(COUNT):
            gaps = np.isnan(numbers[:, index])
            for at, values in ((index, np.where(gaps, self.medians[index], numbers[:, index])), (COUNT + index, gaps)):
                self.means[at] = values.mean(dtype=np.float64)
                self.scales[at] = values.std(dtype=np.float64) or 1
        self.model = LogisticRegression(max_iter=1000).fit(self._design(matrix), target)
        return self

    def predict_proba(self, matrix: Array) -> Array:
        """Probabilities of encoded rows."""
        return np.asarray(self.model.predict_proba(self._design(matrix)))

    def _design(self, matrix: Array) -> Array:
        sizes = [len(LEVELS[name]) + 1 for name in CATEGORICAL]
        starts = np.cumsum([2 * COUNT, *sizes])
        made = np.zeros((len(matrix), starts[-1]), np.float32)
        for start in range(0, len(matrix), BATCH):
            rows, here = matrix[start : start + BATCH], made[start : start + BATCH]
            gaps = np.isnan(rows[:, :COUNT])
            here[:, :COUNT] = np.where(gaps, self.medians, rows[:, :COUNT])
            here[:, COUNT : 2 * COUNT] = gaps
            here[:, : 2 * COUNT] = (here[:, : 2 * COUNT] - self.means) / self.scales
            numbers = np.arange(len(rows))
            for index in range(len(CATEGORICAL)):
                codes = rows[:, COUNT + index]
                codes = np.where(np.isnan(codes), sizes[index] - 1, codes).astype(np.intp)
                here[numbers, starts[index] + codes] = 1
        return made


def trees() -> HistGradientBoostingClassifier:
    """Splits on the categories' codes by itself."""
    return HistGradientBoostingClassifier(
        max_iter=100, early_stopping=False, random_state=0, categorical_features=range(COUNT, COUNT + len(CATEGORICAL))
    )


def predict_batches(model: Any, matrix: Array) -> Array:
    """Probabilities, batch by batch."""
    starts = range(0, len(matrix), BATCH)
    return np.concatenate([model.predict_proba(matrix[start : start + BATCH])[:, 1] for start in starts])


def taken(matrix: Array, rows: Array) -> Array:
    """Some rows, column by column, so that nothing is held twice."""
    made = np.empty((len(rows), matrix.shape[1]), matrix.dtype, order="F")
    for index in range(matrix.shape[1]):
        made[:, index] = matrix[rows, index]
    return made


def interval(truth: Array, y_score: Array) -> list[float]:
    """95 % by bootstrap, the scores ordered once."""
    order = np.argsort(y_score)
    positive = truth[order].astype(np.float64)
    rng, estimates = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        weight = np.bincount(rng.integers(0, len(truth), len(truth)), minlength=len(truth))[order]
        good, bad = weight * positive, weight * (1 - positive)
        estimates.append((good * (np.cumsum(bad) - bad / 2)).sum() / (good.sum() * bad.sum()))
    return np.quantile(estimates, [0.025, 0.975]).tolist()


def histograms(matrix: Array, edges: list[Array]) -> list[Array]:
    """Rows by bin of each column, missing ones first."""
    counts = []
    for index in range(matrix.shape[1]):
        values = matrix[:, index]
        bins = 1 + np.searchsorted(edges[index], values, side="right") if index < COUNT else 1 + values
        bins = np.where(np.isnan(values), 0, bins).astype(np.intp)
        counts.append(np.bincount(bins, minlength=BINS + 2))
    return counts


def predict(new: Path, out: Path, model: Any, edges: list[Array], before: list[Array]) -> int:
    """Score a table batch by batch; the columns that have drifted."""
    schema = pa.schema([(KEY, pa.int64()), ("score", pa.float32())])
    now = [np.zeros(BINS + 2)] * len(before)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in pq.ParquetFile(new, read_dictionary=CATEGORICAL).iter_batches(BATCH):
            rows = encode(batch)
            now = [total + part for total, part in zip(now, histograms(rows, edges), strict=True)]
            y_score = model.predict_proba(rows)[:, 1].astype(np.float32)
            writer.write_batch(pa.record_batch([batch[KEY], y_score], schema=schema))
    pairs = zip(before, now, strict=True)
    return int(sum(np.abs(np.cumsum(old / old.sum() - new / new.sum())).max() > 0.05 for old, new in pairs))


def main(tables: Path, out: Path) -> None:
    """All stages."""
    out.mkdir(parents=True, exist_ok=True)
    stages = Stages()
    with stages.stage("read"):
        table = pq.read_table(tables / "train.parquet", read_dictionary=CATEGORICAL)
    with stages.stage("check"):
        ids = table[KEY].to_numpy()
        good = np.zeros(len(ids), bool)
        good[np.unique(ids, return_index=True)[1]] = True
        good &= table[TARGET].is_valid().to_numpy()
        target = table[TARGET].fill_null(0).to_numpy()
        matrix = encode(table)
        for name, least in LEAST.items():
            good &= ~(matrix[:, NUMBERS.index(name)] < least)
        for index, name in enumerate(CATEGORICAL, COUNT):
            good &= ~(np.isnan(matrix[:, index]) & table[name].is_valid().to_numpy())
        del table
        rows = np.flatnonzero(good)
        train, test = train_test_split(rows, test_size=0.2, random_state=0, stratify=target[rows])
        train.sort()
        test.sort()
        test_rows, truth, target = taken(matrix, test), target[test], target[train]
        matrix = taken(matrix, train)
    candidates = {"trees": trees, "linear": Linear}
    scores = {}
    for name, make in candidates.items():
        with stages.stage(f"cross-validate {name}"):
            fold_scores = []
            for inside, outside in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(target, target):
                model = make().fit(taken(matrix, inside), target[inside])
                fold_scores.append(roc_auc_score(target[outside], predict_batches(model, taken(matrix, outside))))
            scores[name] = float(np.mean(fold_scores))
    chosen = max(scores, key=lambda name: scores[name])
    with stages.stage("fit"):
        model = candidates[chosen]().fit(matrix, target)
    with stages.stage("validate"):
        y_score = predict_batches(model, test_rows)
        stages.results["auc"] = roc_auc_score(truth, y_score)
        for score in (average_precision_score, log_loss, brier_score_loss):
            score(truth, y_score)
        for score in (accuracy_score, f1_score):
            score(truth, y_score > 0.5)
        stages.results["interval"] = interval(truth, y_score)
    del test_rows
    with stages.stage("save"):
        edges = [np.unique(np.nanquantile(matrix[:, index], np.linspace(0, 1, BINS)[1:-1])) for index in range(COUNT)]
        edges += [np.empty(0)] * len(CATEGORICAL)
        before = histograms(matrix, edges)
        joblib.dump((model, edges, before), out / "model.joblib")
    del matrix
    with stages.stage("predict and drift"):
        stages.results["drift"] = predict(tables / "new.parquet", out / "predictions.parquet", model, edges, before)
    stages.results |= {"chosen": chosen, "cv": scores[chosen]}
    stages.report()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
