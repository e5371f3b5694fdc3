"""What a row does not show by itself: whether an earlier row has its key, and which label is its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.prefetch import prefetch
from preprocess.buckets import Buckets
from preprocess.keys import hashes_of, read_keys, repeated
from preprocess.labels.read import Labels

KEY_LOOKUP = np.dtype([("repeated", "?"), ("label", "<f8")])
"""`label` as `Labels.of` gives it."""


def key_lookups(data: Dataset, config: Config, labels: Labels | None, directory: Path, count: int) -> Buckets:
    """A KEY_LOOKUP for each of a day's rows, to be asked for in their order.

    The keys are read once for all and compared bucket by bucket, `count` as in `labels`, below `directory`.
    """
    keys = Buckets(directory / "keys", count, np.uint64)
    for batch in prefetch(data.batches([config.key])):
        _, texts = read_keys(batch.column(config.key), config)
        hashes = hashes_of(texts)
        keys.add(hashes, hashes)
    lookups = Buckets(directory / "lookups", count, KEY_LOOKUP)
    for number in range(count):
        hashes = keys.bucket(number)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        lookup = np.zeros(len(hashes), KEY_LOOKUP)
        lookup["repeated"][order] = repeated(ordered)
        lookup["label"][order] = labels.of(ordered, number) if labels is not None else np.nan
        lookups.append(number, lookup)
    return lookups
