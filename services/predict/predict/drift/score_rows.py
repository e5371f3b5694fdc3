"""Which rows of a day tell whether the champion's scores drifted: none that it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from analysis.drift.findings import Array
from analysis.record.trained_for import unseen
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.layout import Layout
from contract.models.champion import Champion


@dataclass(frozen=True)
class ScoreRows:
    """The rows of a day on which the champion's scores count."""

    only: Array | None = None
    """A mask, row by row, a byte each; None: of any."""
    obstacle: str | None = None
    """Why those of no row do."""
    why: str | None = None
    """Why not those of all, for the page."""


EVERY_ROW = ScoreRows()


def score_rows(
    layout: Layout, champion: Champion, rows: Dataset, config: Config, *, come_back: bool = False
) -> ScoreRows:
    """The rows of a day that the champion was never fitted on; predictions have the day's rows in their order.

    `come_back`: the entities are the same day by day, so those of the test part are like those that it was tested on.

    A model scores rows that it was fitted on differently. So if nothing tells which those are, no row counts.
    """
    which, why = unseen(layout, champion, rows, config)
    if which == "none":
        return ScoreRows(obstacle=why, why=f"not measured: {why}")
    if which == "all" and come_back:
        why = "the entities of the others were fitted on other days"
    elif which == "all":
        return EVERY_ROW
    parts = [pc.equal(batch.column("split").cast("string"), "test") for batch in rows.batches(["split"])]
    mask = np.concatenate([np.asarray(part.to_numpy(zero_copy_only=False), dtype=bool) for part in parts])
    return ScoreRows(only=mask, why=f"of the test part alone: {why}")
