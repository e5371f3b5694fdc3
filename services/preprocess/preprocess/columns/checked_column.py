"""A column of a batch after its values were read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CheckedColumn:
    """What a column's texts or values are, and which rows break which rule."""

    values: pa.Array
    """The values in the column's own type; null where one is missing or breaks a rule of its type."""
    gone: Mask | None = None
    """The rows whose value is missing; None where these are the rows that are null in `values`."""
    broken: tuple[tuple[str, Mask], ...] = ()
    """Rule and the rows that break it, if there are any; a row breaks one rule of a column at most."""

    @cached_property
    def missing(self) -> Mask:
        """The rows whose value is missing."""
        return nulls(self.values) if self.gone is None else self.gone

    def breaking(self, rule: str, rows: Mask) -> CheckedColumn:
        """The same with one more rule."""
        return replace(self, broken=(*self.broken, (rule, rows))) if rows.any() else self

    def of(self, codes: pa.Array) -> CheckedColumn:
        """The column that names these values by their index; null is missing."""
        values = self.values.take(codes)
        if self.gone is None and not self.broken:
            return CheckedColumn(values)
        # one more index, for the rows that name none
        index = codes.fill_null(len(self.values)).to_numpy()
        result = CheckedColumn(values, np.append(self.missing, True)[index])
        for rule, broken in self.broken:
            result = result.breaking(rule, np.append(broken, False)[index])
        return result


def mask(rows: pa.Array) -> Mask:
    """An Arrow column of truths as numpy has them; null is false."""
    result: Mask = np.asarray(rows.fill_null(False), dtype=bool)  # noqa: FBT003 (positional in pyarrow)
    return result


def nulls(column: pa.Array) -> Mask:
    """The rows of a column that are null."""
    return mask(column.is_null())


def where(rows: Mask, column: pa.Array) -> pa.Array:
    """The column of numbers or texts, null outside `rows`."""
    if rows.all():
        return column
    # its content stays where it is, only what says which values are there is new
    valid = np.concatenate([np.zeros(column.offset, dtype=bool), rows & ~nulls(column)])
    bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(column.type, len(column), [bits, *column.buffers()[1:]], offset=column.offset)
