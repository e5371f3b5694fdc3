"""A column of a batch after its values were read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Checked:
    """What a column's texts or values are, and which rows break which rule."""

    values: pa.Array
    """Of the column's own type; null where the value is missing or breaks a rule of its type."""
    missing: Mask
    broken: tuple[tuple[str, Mask], ...] = ()
    """Rule and the rows that break it; a row breaks one rule of a column at most."""

    def breaking(self, rule: str, rows: Mask) -> Checked:
        """The same with one more rule."""
        return replace(self, broken=(*self.broken, (rule, rows)))


def mask(rows: pa.Array) -> Mask:
    """An Arrow column of truths as numpy has them; null is false."""
    result: Mask = np.asarray(rows.fill_null(False), dtype=bool)  # noqa: FBT003 (positional in pyarrow)
    return result


def nulls(column: pa.Array) -> Mask:
    """The rows of a column that are null."""
    return mask(column.is_null())


def where(rows: Mask, column: Any) -> pa.Array:
    """The column, null outside `rows`."""
    import pyarrow.compute as pc

    return pc.if_else(pa.array(rows), column, pa.scalar(None, column.type))
