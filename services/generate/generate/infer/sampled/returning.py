"""Things that come back, and whose labels go on being alike: a model must know which of them a row is of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from contract.texts.numbers import NumberForm
from generate.infer.column_stats import ColumnStats
from generate.infer.sampled.values import Floats, codes, labels, moments, texts
from generate.infer.schema import TableSchema
from generate.infer.types import names
from generate.infer.types.column_schema import group_column
from generate.infer.types.kinds import MOST_LEVELS

MOST_NEW = 0.5
"""Share of the later rows: if more are of new things, what is known of the others helps little."""
_EARLIER = 2 / 3
_FEWEST = 100
"""Rows: from fewer nothing is said."""
ALIKE = (0.1, 0.95)
"""Of the target's variance, how much lies between things. Less hardly tells; of more the target is a property of the
thing itself, which a model would learn by heart and have nothing to say about the next one."""


def with_returning(
    schema: TableSchema, rows: pa.Table, form: NumberForm, columns: Sequence[ColumnStats], by: str | None = None
) -> TableSchema:
    """The schema with its group as a feature, where most later rows of a sample are of things that earlier ones have.

    Later is what the column `by` says; without one the rows are taken to be in the order of their time. What keeps
    rows of one of these things together, such as an order of a customer, takes the group's place.
    """
    if schema.group is None or len(rows) < _FEWEST:
        return schema
    things, target = codes(texts(rows, schema, schema.group))[0], labels(rows, schema, form)
    when = _times(rows, schema, by)
    given = np.flatnonzero((things >= 0) & ~np.isnan(target).any(axis=1) & ~np.isnan(when))
    given = given[np.argsort(when[given], kind="stable")]
    things, target = np.unique(things[given], return_inverse=True)[1], target[given]
    earlier = int(_EARLIER * len(things))
    if not earlier or np.isin(things[earlier:], things[:earlier]).mean() < MOST_NEW:
        return schema
    alike = Alike.of(things, target)
    least, most = ALIKE
    if not max(least, alike.by_chance) <= alike.share <= most:
        return schema
    column = schema.column(schema.group)
    doubt = (
        f"most later rows are of one that was there before, and {100 * alike.share:.0f} % of the variance of "
        f"{schema.target!r} lies between them, so it is a feature and scores are of known ones; where most of "
        f'tomorrow\'s are new, set role = "ignore" here, and table.group to it'
    )
    feature = replace(column, settings={"type": "category"}, suspicions=(*column.suspicions, doubt))
    special = {column.name: feature}
    group = _group_below(schema, rows, {stats.name: stats for stats in columns})
    if group is not None:
        special[group.name] = group_column(group)
    return replace(
        schema,
        columns=tuple(special.get(other.name, other) for other in schema.columns),
        group=group.name if group is not None else None,
        returning=schema.group,
        maybe_groups=tuple(name for name in schema.maybe_groups if group is None or name != group.name),
    )


def _times(rows: pa.Table, schema: TableSchema, by: str | None) -> Floats:
    """When each row came, NaN where nothing says it; its number without a column that does."""
    return np.arange(float(len(rows))) if by is None else moments(texts(rows, schema, by), schema.column(by))


def _group_below(schema: TableSchema, rows: pa.Table, columns: dict[str, ColumnStats]) -> ColumnStats | None:
    """The next column that says whose a row is; None without one.

    Not one that has all rows of a thing in one of its own, such as a household: no tested thing would be a known one.
    """
    assert schema.group is not None
    things = codes(texts(rows, schema, schema.group))[0]
    for name in schema.maybe_groups:
        if not (names.is_owner(name) or names.is_id(name)) or columns[name].distinct <= MOST_LEVELS:
            continue
        pairs = np.unique(np.stack([things, codes(texts(rows, schema, name))[0]]), axis=1)
        several = np.bincount(pairs[0] + 1) > 1
        if several[things + 1].mean() >= MOST_NEW:
            return columns[name]
    return None


@dataclass(frozen=True)
class Alike:
    """How much more alike the labels of one thing are than those of different things."""

    share: float
    """The share of the variance between things: the intraclass correlation, of a one-way analysis of variance."""
    by_chance: float
    """What it hardly exceeds where things tell nothing: two standard errors, as Fisher gives them."""

    @classmethod
    def of(cls, things: npt.NDArray[np.int64], target: Floats) -> Alike:
        """`things`: numbers from 0 on without a gap; `target`: rows x outputs."""
        sizes = np.bincount(things)
        rows, count = len(things), len(sizes)
        if not 1 < count < rows:
            return cls(0.0, math.inf)
        sums = np.stack([np.bincount(things, column) for column in target.T], axis=1)
        means = sums / sizes[:, None]
        between = float((sizes[:, None] * (means - target.mean(axis=0)) ** 2).sum()) / (count - 1)
        within = float(((target - means[things]) ** 2).sum()) / (rows - count)
        # of things with unequal numbers of rows the size that stands for all of them
        size = (rows - float((sizes**2).sum()) / rows) / (count - 1)
        spread = between + (size - 1) * within
        share = (between - within) / spread if spread > 0 else 0.0
        return cls(share, 2 * math.sqrt(2 / (size * (size - 1) * count)))
