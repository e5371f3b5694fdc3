"""What a sample of the rows makes suspicious: columns that tell the target, alone or together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.texts.numbers import NumberForm
from generate.infer.sampled.values import Floats, class_codes, codes, numbers, texts
from generate.infer.schema import TableSchema

TELLS = 0.98
"""Balanced accuracy, or R², of a column alone on rows that its rule was not made from."""
ONE_CLASS = 0.995
_FEWEST = 20
"""Rows: from fewer nothing is said."""
_COMMON = 0.9
"""Share of the rows: what nearly all rows are, some rows are by chance."""
_KNOWN = "is it known when a prediction is asked for?"
_BINS = 50
_MOST_PAIRED = 30
"""Columns whose sums and products are compared with the target: those most like it."""

Codes = npt.NDArray[np.int64]


def with_suspicions(schema: TableSchema, rows: pa.Table, form: NumberForm) -> TableSchema:
    """The schema with what its sample makes suspicious, at the columns that it is about."""
    if len(rows) < _FEWEST:
        return schema
    found: dict[str, list[str]] = {}
    regression = schema.task == "regression"
    target = texts(rows, schema, schema.target)
    values = numbers(target, schema.column(schema.target), form) if regression else class_codes(target, schema)
    known = ~np.isnan(values)
    features = {name: texts(rows, schema, name) for name in schema.features}
    measured: dict[str, Floats] = {}
    for name, text in features.items():
        column = schema.column(name)
        if column.settings["type"] in ("number", "integer"):
            measured[name] = numbers(text, column, form)
            bins = _binned(measured[name])
        elif column.settings["type"] == "category":
            bins = codes(text)[0]
        else:
            bins = np.where(np.asarray(text.is_null()), -1, 0)
        if (doubt := _alone(bins[known], values[known], schema)) is not None:
            found.setdefault(name, []).append(doubt)
    if regression:
        for name, doubt in _together(measured, values):
            found.setdefault(name, []).append(doubt)
    columns = (
        replace(column, suspicions=(*column.suspicions, *found.get(column.name, ()))) for column in schema.columns
    )
    return replace(schema, columns=tuple(columns))


def _binned(values: Floats) -> Codes:
    """Numbers as bins of about as many rows each; -1 for a missing one."""
    given = values[~np.isnan(values)]
    if not len(given):
        return np.full(len(values), -1)
    edges = np.unique(np.quantile(given, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))


def _alone(bins: Codes, values: Floats, schema: TableSchema) -> str | None:
    """What a column says about the target by itself."""
    if len(values) < _FEWEST or (bins == bins[0]).all():
        return None
    if schema.task == "regression":
        score, metric = _r2(bins, values), "R²"
    elif (doubt := _of_one_class(bins >= 0, values.astype(int), schema)) is not None:
        return f"{doubt}: {_KNOWN}"
    else:
        score, metric = _balanced_accuracy(bins, values), "balanced accuracy"
    return f"tells {schema.target!r} alone ({metric} {score:.3f}): {_KNOWN}" if score >= TELLS else None


def _of_one_class(given: npt.NDArray[np.bool_], labels: Codes, schema: TableSchema) -> str | None:
    """Whether a value is there, or missing, in rows of one class alone."""
    if min(given.sum(), (~given).sum()) < _FEWEST:
        return None
    base = np.bincount(labels, minlength=len(schema.classes)) / len(labels)
    found = []
    for there, word in ((given, "given"), (~given, "missing")):
        shares = np.bincount(labels[there], minlength=len(schema.classes)) / there.sum()
        best = int(shares.argmax())
        if shares[best] >= ONE_CLASS and base[best] <= _COMMON:
            found.append((base[best], f"is {word} only where {schema.target!r} is {schema.classes[best]!r}"))
    return min(found)[1] if found else None


def _halves(bins: Codes, values: Floats) -> tuple[Codes, Floats, Codes, Floats, int]:
    compact = np.unique(bins, return_inverse=True)[1]
    # by chance, not every other row: weekdays and the like come in turns
    order = np.random.default_rng(0).permutation(len(values))
    fit, test = order[::2], order[1::2]
    return compact[fit], values[fit], compact[test], values[test], int(compact.max()) + 1


def _balanced_accuracy(bins: Codes, values: Floats) -> float:
    """The balanced accuracy of each bin's most frequent class in half of the rows, on the others."""
    fit, labels, test, truth, size = _halves(bins, values)
    classes = int(values.max()) + 1
    table = np.zeros((size, classes))
    np.add.at(table, (fit, labels.astype(int)), 1)
    # rare classes count as much as frequent ones, or 1 % positives would never be found
    guess = (table / np.maximum(table.sum(axis=0), 1)).argmax(axis=1)[test]
    recalls = [float((guess[truth == one] == one).mean()) for one in np.unique(truth)]
    return sum(recalls) / len(recalls) if len(recalls) > 1 else 0.0


def _r2(bins: Codes, values: Floats) -> float:
    """The R² of each bin's mean in half of the rows, on the others."""
    fit, labels, test, truth, size = _halves(bins, values)
    rows = np.bincount(fit, minlength=size)
    means = np.where(rows > 0, np.bincount(fit, labels, size) / np.maximum(rows, 1), labels.mean())
    spread = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - means[test]) ** 2).sum()) / spread if spread else 0.0


def _together(columns: dict[str, Floats], values: Floats) -> list[tuple[str, str]]:
    """Pairs of columns whose sum, difference or product is the target: a name, and what is said there."""
    found = []
    with np.errstate(all="ignore"):
        for first, second in combinations(_most_like(columns, values), 2):
            one, two = columns[first], columns[second]
            ways = (
                (first, "+", second, one + two),
                (first, "-", second, one - two),
                (second, "-", first, two - one),
                (first, "*", second, one * two),
            )
            for ours, sign, theirs, made in ways:
                if _same(made, values):
                    doubt = f"{ours!r} {sign} {theirs!r} is the target: are both known when a prediction is asked for?"
                    found.append((ours, doubt))
    return found


def _most_like(columns: dict[str, Floats], values: Floats) -> Sequence[str]:
    likeness = {}
    for name, column in columns.items():
        there = ~np.isnan(column) & ~np.isnan(values)
        if there.sum() >= _FEWEST and column[there].std() > 0:
            likeness[name] = abs(np.corrcoef(column[there], values[there])[0, 1])
    return sorted(likeness, key=lambda name: -likeness[name])[:_MOST_PAIRED]


def _same(made: Floats, values: Floats) -> bool:
    there = ~np.isnan(made) & ~np.isnan(values)
    close = np.abs(made - values)[there] <= 1e-6 * np.maximum(1, np.abs(values[there]))
    return bool(there.sum() >= _FEWEST and close.mean() >= 0.99)
