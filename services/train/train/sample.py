"""Which rows train when there are more than `training.max_rows`: a sample that does not depend on their order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pandas.util import hash_array

from analysis.rows import encode_target, labelled_rows
from contract.config import Config
from contract.datasets.dataset import Dataset


def sample_mask(days: list[Dataset], config: Config) -> npt.NDArray[np.bool_] | None:
    """Of the rows that may train, in the order of `labelled_batches`, which do; None for all of them.

    By class, as many as its share, those whose key has the least hash (pandas' SipHash, keyed by `training.seed`): a
    row's chance is its own, whichever rows are beside it. A repeated key is drawn on each of its days.
    """
    most, key, target = config.training.max_rows, config.key, config.table.target
    if most is None:
        return None
    key_hashes, target_codes = [np.empty(0, dtype=np.uint64)], [np.empty(0)]
    secret = f"{config.training.seed % 10**16:016d}"
    for day in days:
        for batch in day.batches([key, target, "split"]):
            rows = labelled_rows(batch, target, "train")
            keys = np.asarray(rows.column(key).to_numpy(zero_copy_only=False), dtype=object)
            key_hashes.append(hash_array(keys, hash_key=secret, categorize=False))
            target_codes.append(encode_target(rows, config))
    hashes, codes = np.concatenate(key_hashes), np.concatenate(target_codes)
    if len(hashes) <= most:
        return None
    if config.table.task == "regression":
        codes = np.zeros(len(hashes))
    mask = np.zeros(len(hashes), dtype=bool)
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        # a rare class keeps enough to be in every fold
        share = min(len(rows), max(round(most * len(rows) / len(hashes)), config.training.folds))
        mask[rows[np.argpartition(hashes[rows], share - 1)[:share]]] = True
    return mask
