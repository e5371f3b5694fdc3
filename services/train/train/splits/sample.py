"""Which rows train when there are more than `training.max_rows`: a sample that does not depend on their order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pandas.util import hash_array

from analysis.rows import encode_target, groups, labelled_rows
from contract.config import GROUP, Config
from contract.datasets.dataset import Dataset

_GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio, by which splitmix64 (Steele, Lea and Flood, 2014) tells its seeds apart."""


def sample_mask(days: list[Dataset], config: Config) -> npt.NDArray[np.bool_] | None:
    """Which of the rows that may train do, in the order of `labelled_batches`; None for all of them.

    Each class gets its share: the entities with the least hashes (splitmix64, by `training.seed`). So an entity's
    chance does not depend on other rows. It comes with all its rows, except the last one, which comes with those that
    still fit.
    """
    most, target = config.training.max_rows, config.table.target
    if most is None:
        return None
    entities, target_codes = [np.empty(0, dtype=np.uint64)], [np.empty(0)]
    seed = np.uint64((config.training.seed + 1) * _GOLDEN % 2**64)
    for day in days:
        for batch in day.batches([target, "split", GROUP]):
            rows = labelled_rows(batch, target, "train")
            entities.append(hash_array(groups(rows) + seed))
            target_codes.append(encode_target(rows, config))
    hashes, codes = np.concatenate(entities), np.concatenate(target_codes)
    if len(hashes) <= most:
        return None
    if config.table.task == "regression":
        codes = np.zeros(len(hashes))
    mask = np.zeros(len(hashes), dtype=bool)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        share = min(len(rows), round(most * len(rows) / len(hashes)))
        mask[rows[np.argsort(hashes[rows], kind="stable")[:share]]] = True
        # a rare class keeps enough to be in every fold
        mask[rows[np.unique(hashes[rows], return_index=True)[1][: config.training.folds]]] = True
    return mask
