"""Say so when labels fit no row, or contradict each other."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from contract.config.source import asks_for_day
from contract.datasets.dataset import Dataset
from contract.errors import DataError
from contract.steps.run import Run
from preprocess.keys import hashes_of, read_keys
from preprocess.labels.read import Labels

EXAMPLES = 3
"""Keys of each side that are named."""

log = logging.getLogger("preprocess")


def judge_fit(run: Run, data: Dataset, target: Dataset, labels: Labels) -> None:
    """Log the labels that fit no row and those that contradict an earlier one, with keys of both sides.

    Raises DataError if there are labels and none fits, except for a query that does not ask for the day: it gives the
    labels of all days, and this day may have none yet.
    """
    name, strange = run.layout.name(target.path), labels.without_row + labels.without_key
    if labels.contradicting:
        log.warning(
            "%s: %s labels contradict an earlier one of the same key (%s); the first one is kept, in the order "
            "of the files: take the ones away that do not hold",
            name,
            f"{labels.contradicting:,}",
            _shown(_keys(run, target, labels.contradicted)),
        )
    if not strange:
        return
    reason = (
        f"{name}: {strange:,} of {strange + labels.fitting:,} labels fit no row by {run.config.key!r}: "
        f"labels have {_shown(_keys(run, target, labels.strangers)) if labels.strangers else 'no key'}, "
        f"rows have {_shown(_keys(run, data))}; "
        "a key must be written in both alike, and labels lie with the day of their rows"
    )
    every_day = _asks_for_every_day(target)
    if not labels.fitting and not every_day:
        raise DataError(
            f"{reason}; mend the labels and generate the day again, "
            f"or take them away and delete {name} to go on without"
        )
    log.log(logging.INFO if every_day and labels.fitting else logging.WARNING, "%s", reason)


def _asks_for_every_day(target: Dataset) -> bool:
    source = target.manifest.settings.get("source", {})
    return source.get("kind") == "sql" and not asks_for_day(source.get("query", ""))


def _keys(run: Run, dataset: Dataset, wanted: Sequence[int] | None = None) -> list[str]:
    """The first few keys of a dataset, or of those with the wanted hashes."""
    keys: list[str] = []
    for batch in dataset.batches([run.config.key]):
        _, texts = read_keys(batch.column(run.config.key), run.config)
        if wanted is not None:
            texts = texts.filter(pa.array(np.isin(hashes_of(texts), np.array(wanted, dtype=np.uint64))))
        keys += [key for key in texts.drop_null().unique().to_pylist() if key not in keys]
        if len(keys) >= EXAMPLES:
            break
    return keys[:EXAMPLES]


def _shown(keys: Sequence[str]) -> str:
    return ", ".join(map(repr, keys)) if keys else "none"
