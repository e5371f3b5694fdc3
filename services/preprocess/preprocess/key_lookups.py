"""What a row cannot know of itself: whether an earlier row has its key, and its label."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from contract.ahead import ahead
from contract.config import Config
from contract.dataset import Dataset
from preprocess.buckets import Buckets
from preprocess.keys import hashes_of, read_keys, repeated
from preprocess.labels import Labels

ANSWER = np.dtype([("repeated", "?"), ("label", "<f8")])
"""`label` as `Labels.of` gives it."""


def answers(data: Dataset, config: Config, labels: Labels | None, place: Path, count: int) -> Buckets:
    """An ANSWER for each of a day's rows, to be asked for in their order.

    The keys are read once for all and compared bucket by bucket, `count` as in `labels`, in the directory `place`.
    """
    keys = Buckets(place / "keys", count, np.uint64)
    for batch in ahead(data.batches([config.key])):
        _, texts = read_keys(batch.column(config.key), config)
        hashes = hashes_of(texts)
        keys.add(hashes, hashes)
    found = Buckets(place / "answers", count, ANSWER)
    for number in range(count):
        hashes = keys.bucket(number)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        answer = np.zeros(len(hashes), ANSWER)
        answer["repeated"][order] = repeated(ordered)
        answer["label"][order] = labels.of(ordered, number) if labels is not None else np.nan
        found.append(number, answer)
    return found
