"""A day's rows as counts over the bins of a reference: memory does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.drift.day_marks import Watch
from analysis.drift.drawn_days import Part
from analysis.drift.findings import MOST_ROWS, Array, Column
from analysis.drift.measures import measured_as
from analysis.drift.reference import codes, count
from analysis.rows import Columns, columns
from contract.datasets.dataset import Dataset


class Histograms:
    """Rows by bin of each column of a reference, counted batch by batch; of few rows, also each row's bins.

    `watches`: what each column does all day long.
    """

    def __init__(self, references: list[Column], part: str | None = None, day: str = "") -> None:
        """`part`: `add_rows` counts only the rows of this part of the split; `day`: of the rows, for dates."""
        self.references = references
        self.columns = list(dict.fromkeys(reference.column for reference in references))
        """The columns that are looked at."""
        self._part = part
        self._day = day
        self.counts: dict[str, Array] = {
            reference.name: np.zeros(len(reference.counts), dtype=np.int64) for reference in references
        }
        self.watches = {reference.name: Watch() for reference in references}
        self._kept: list[Array] | None = []
        self._rows = 0

    def add(self, values: Columns) -> None:
        """Take in more rows, which must have all the columns."""
        if not self.references:
            return
        bins = []
        for reference in self.references:
            column = values[reference.column]
            if reference.measure:
                column = measured_as(reference, column, [self._day], np.zeros(len(column), dtype=np.intp))
            bins.append(codes(reference, column))
            self.counts[reference.name] += count(reference, bins[-1])
            self.watches[reference.name].add(column)
        self._rows += len(bins[0])
        if self._rows > MOST_ROWS:
            self._kept = None
        if self._kept is not None:
            self._kept.append(np.column_stack(bins))

    @property
    def needs(self) -> list[str]:
        """The columns that `add_rows` asks for besides those that are counted."""
        return [] if self._part is None else ["split"]

    def add_rows(self, batch: pa.RecordBatch, values: Columns) -> None:
        """Take in the rows of a batch that are of the part; `values`: of all of them."""
        if self._part is not None:
            of_part = np.asarray(pc.equal(batch.column("split").cast("string"), self._part))
            values = {name: column[of_part] for name, column in values.items()}
        self.add(values)

    def part(self, training: Array) -> Part:
        """The columns beside some rows of the training (rows x columns), to draw days from."""
        empty = [np.empty((0, len(self.references)), dtype=np.uint8)]
        kept = None if self._kept is None else np.concatenate([*empty, *self._kept])
        return Part(self.references, training, list(self.counts.values()), kept)


def histograms_of(references: list[Column], batches: Iterable[pa.RecordBatch], only: Array | None = None) -> Histograms:
    """The histograms of all rows, or of those that the mask `only` has, row by row."""
    histograms, start = Histograms(references), 0
    for batch in batches:
        here = slice(start, start := start + batch.num_rows)
        histograms.add(columns(batch if only is None else batch.filter(pa.array(only[here])), histograms.columns))
    return histograms


def histograms_of_rows(references: list[Column], rows: Dataset, part: str | None) -> Histograms:
    """The histograms of a dataset's rows: those of the part, or all."""
    histograms = Histograms(references, part, rows.path.name)
    for batch in rows.batches([*histograms.columns, *histograms.needs]):
        histograms.add_rows(batch, columns(batch, histograms.columns))
    return histograms
