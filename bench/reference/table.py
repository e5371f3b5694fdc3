#!/usr/bin/env python3
"""Make the reference table: a labelled day and a new one, as CSV and as Parquet, and the truth about the new day.

usage: table.py ROWS FOLDER     writes FOLDER/{train,new}.{csv,parquet} and FOLDER/truth.parquet

30 numbers (5 % missing), 6 categories (3 % missing, 3 to 50 values); of the labelled rows 0.2 % have no target and
0.1 % repeat the id of the row before.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from schema import CATEGORIES, KEY, LEVELS, NUMBERS, TARGET

Array = np.ndarray[Any, Any]

CHUNK = 250_000


def weights() -> tuple[Array, dict[str, Array]]:
    """What the target is made of: a weight for each of ten numbers, and one for each category."""
    rng = np.random.default_rng(7)
    return rng.normal(0, 0.6, 10).astype(np.float32), {name: rng.normal(0, 0.5, k) for name, k in CATEGORIES.items()}


def chunk(rng: np.random.Generator, start: int, size: int, *, labelled: bool) -> tuple[pa.Table, pa.Table]:
    """Some rows, and their target with nothing missing."""
    slopes, shifts = weights()
    values = rng.standard_normal((size, len(NUMBERS))).astype(np.float32)
    values[:, 20:25] = np.exp(values[:, 20:25])
    values[:, 25:] = np.round(values[:, 25:] * 10)
    codes = {name: rng.integers(0, count, size) for name, count in CATEGORIES.items()}
    logit = values[:, :10] @ slopes
    logit += 0.8 * values[:, 0] * values[:, 1] + 0.7 * np.abs(values[:, 2]) - 0.6 * (values[:, 3] > 0.5) * values[:, 4]
    logit += 0.3 * np.log1p(values[:, 20]) * values[:, 5]
    for name in CATEGORIES:
        logit += shifts[name][codes[name]]
    target = (logit + rng.logistic(size=size) * 0.8 > 0.4).astype(np.int8)
    ids = np.arange(start, start + size)
    truth = pa.table({KEY: ids, TARGET: target})
    if labelled:
        repeats = rng.random(size) < 0.001
        ids[repeats] = np.maximum(ids[repeats] - 1, start)
    rounded = np.round(values.astype(np.float64), 4)
    missing = rng.random((size, len(NUMBERS)), dtype=np.float32) < 0.05
    columns: dict[str, Any] = {KEY: ids}
    columns |= {name: pa.array(rounded[:, index], mask=missing[:, index]) for index, name in enumerate(NUMBERS)}
    for name in CATEGORIES:
        indices = pa.array(codes[name].astype(np.int32), mask=rng.random(size) < 0.03)
        columns[name] = pa.DictionaryArray.from_arrays(indices, pa.array(LEVELS[name])).cast(pa.string())
    if labelled:
        columns[TARGET] = pa.array(target, mask=rng.random(size) < 0.002)
    return pa.table(columns), truth


def make(rows: int, folder: Path) -> None:
    """Write all files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, labelled, seed in (("train", True, 1), ("new", False, 2)):
        rng = np.random.default_rng(seed)
        csv = parquet = None
        truths = []
        for start in range(0, rows, CHUNK):
            table, truth = chunk(rng, start, min(CHUNK, rows - start), labelled=labelled)
            truths.append(truth)
            if csv is None or parquet is None:
                options = pa.csv.WriteOptions(quoting_style="none")
                csv = pa.csv.CSVWriter(folder / f"{name}.csv", table.schema, write_options=options)
                parquet = pa.parquet.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
            csv.write(table)
            parquet.write_table(table)
        assert csv is not None
        assert parquet is not None
        csv.close()
        parquet.close()
    pa.parquet.write_table(pa.concat_tables(truths), folder / "truth.parquet")


if __name__ == "__main__":
    make(int(float(sys.argv[1])), Path(sys.argv[2]))
