"""Which rows of a day tell whether the champion's scores drifted: none that it was fitted on."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from analysis.drift import Array
from analysis.trained_for import unseen
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.layout import Layout
from contract.models.champion import Champion


class UnknownRows(Exception):
    """The score's drift cannot be measured; says why."""


def score_rows(layout: Layout, champion: Champion, rows: Dataset, config: Config) -> tuple[Array | None, str | None]:
    """Which of a day's rows the champion was never fitted on, as a mask (None: any), and why these alone.

    A byte a row; predictions have the rows of the processed day, in their order. Raises UnknownRows when nothing tells:
    the scores of rows that it was fitted on are other ones for that alone.
    """
    which, why = unseen(layout, champion, rows.path.name, config)
    if which == "none":
        raise UnknownRows(why)
    if which == "all":
        return None, None
    parts = [pc.equal(batch.column("split").cast("string"), "test") for batch in rows.batches(["split"])]
    mask = np.concatenate([np.asarray(part.to_numpy(zero_copy_only=False), dtype=bool) for part in parts])
    return mask, f"of the test part alone: {why}"
