"""To which day a label belongs: the one whose rows have its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from contract.datasets.dataset import Dataset
from contract.layout import Layout
from contract.texts.values import canonical
from generate.split.calendar import NO_DAY, Ordinals

MOST_LABELS = 1 << 18
"""Labels that are looked for at a time: so many keys are in memory."""


@dataclass
class Count:
    """What became of the labels of a file."""

    labels: int = 0
    found: int = 0
    several: int = 0
    """Labels whose key is on several days, which nobody can tell apart."""
    strangers: list[str] = field(default_factory=list)
    """Some keys that no row has."""

    @property
    def left(self) -> int:
        """Labels without a day."""
        return self.labels - self.found


def rows_by_day(layout: Layout, key: str) -> dict[str, Dataset]:
    """The rows of each day that is there, where they have the key."""
    found = {}
    for path in sorted(layout.root.glob("raw/*/data/manifest.json")):
        rows = Dataset.open(path.parent)
        if key in [field.name for field in rows.manifest.schema]:
            found[path.parents[1].name] = rows
    return found


def days_of(keys: pa.Array, own_days: Ordinals | None, raw: Mapping[str, Dataset], key: str, count: Count) -> Ordinals:
    """The day of each label by its key, NO_DAY where no day or more than one has it; adds to `count`.

    `own_days`: the days that the labels themselves say, if they do; `raw`: the rows of each day; `key`: their column.
    """
    texts = canonical(keys)
    days = np.full(len(texts), NO_DAY, dtype=np.int64)
    times = np.zeros(len(texts), dtype=np.int64)
    for day, rows in raw.items():
        ordinal = date.fromisoformat(day).toordinal()
        may = np.ones(len(texts), dtype=bool) if own_days is None else own_days == ordinal
        if may.any():
            there = _there(texts, rows, key) & may
            days[there] = ordinal
            times[there] += 1
    days[times > 1] = NO_DAY
    count.labels += len(texts)
    count.found += int((times == 1).sum())
    count.several += int((times > 1).sum())
    if len(count.strangers) < _SHOWN:
        strangers = texts.filter(pa.array(times == 0)).drop_null().unique()
        count.strangers += strangers[: _SHOWN - len(count.strangers)].to_pylist()
    return days


_SHOWN = 3


def _there(texts: pa.Array, rows: Dataset, key: str) -> npt.NDArray[np.bool_]:
    """Which keys a day's rows have."""
    there = np.zeros(len(texts), dtype=bool)
    for batch in rows.batches([key]):
        known = canonical(batch.column(key)).drop_null()
        there |= np.asarray(pc.is_in(texts, value_set=known, skip_nulls=True), dtype=bool)
    return there
