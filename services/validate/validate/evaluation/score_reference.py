"""What a predicted day's scores are held against: those of the test rows, and how far days differ in them."""

from __future__ import annotations

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.pipeline import Pipeline

from analysis.drift.day_marks import LEAST_DAYS
from analysis.drift.findings import Column
from analysis.drift.reference import codes, with_dispersion
from analysis.rows import Categorical, classes, columns
from contract.config import Config
from contract.datasets.dataset import Dataset
from validate.evaluation.scoring import answer, score_distribution
from validate.measures.clusters import Array
from validate.measures.scored_rows import ScoredRows

DAY_ROWS = 1000
"""The rows of each day's test part, evenly spread: enough to tell how far days differ."""


def score_reference(
    model: Pipeline, scored: ScoredRows, window: list[Dataset], judged: list[str], config: Config
) -> Column:
    """The scores of the judged rows by bins, with the dispersion of the days of the window.

    The dispersion is of some test rows of all days, which no fit had seen, labelled or not. The reference is of the
    judged days alone, which are fewer: what a day has of its own is in both, so it weighs more than between one day and
    all the others.
    """
    reference = score_distribution(scored, config)
    if len(window) < LEAST_DAYS or not len(scored.target):
        return reference
    bins = [_bins(model, reference, day, config) for day in window]
    if min(map(len, bins)) == 0:
        return reference
    day_of_row = np.repeat(np.arange(len(bins)), [len(of_day) for of_day in bins])
    column = with_dispersion(reference, np.concatenate(bins), day_of_row)
    more = (1 + 1 / len(judged)) / (1 + 1 / (len(window) - 1))
    return msgspec.structs.replace(column, dispersion=1 + (column.dispersion - 1) * more)


def _bins(model: Pipeline, reference: Column, day: Dataset, config: Config) -> Array:
    """Of the scores of some rows of a day's test part, in the reference's bins."""
    features, names = list(model.feature_names_in_), classes(config)
    step = max(1, int(day.rows() * config.table.test_fraction) // DAY_ROWS)
    bins, seen = [np.empty(0, np.uint8)], 0
    for batch in day.batches([*features, "split"]):
        tested = batch.filter(pc.equal(batch.column("split").cast("string"), "test"))
        some = tested.take(pa.array(np.arange(-seen % step, tested.num_rows, step)))
        seen += tested.num_rows
        if some.num_rows:
            bins.append(codes(reference, _shown(*answer(model, columns(some, features), names), config)))
    return np.concatenate(bins)


def _shown(scores: Array, predicted: Array | None, config: Config) -> Array | Categorical:
    """As `score_distribution` takes them."""
    if predicted is None:
        return scores
    if config.table.task == "binary":
        return np.asarray(scores[:, 1])
    return Categorical(predicted.astype(np.int32), classes(config))
