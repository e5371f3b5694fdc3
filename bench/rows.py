#!/usr/bin/env python3
"""How steps grow with a day's rows: seconds and peak memory for days of several sizes, and the ratios between them.

tools/env generate preprocess
.venvs/preprocess/bin/python bench/rows.py 1e6 5e6
.venvs/preprocess/bin/python bench/rows.py 1e5 5e5 --runs 3 --text --steps generate preprocess

The rows: 30 numbers and 6 categories with missing values, labels, and ids of which one in a thousand comes twice.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DAY = "2026-01-01"
NUMBERS = [f"n{place:02d}" for place in range(30)]
LEVELS = {"c0": 3, "c1": 5, "c2": 8, "c3": 12, "c4": 25, "c5": 50}
CHUNK_ROWS = 250_000


@dataclass(frozen=True)
class Cost:
    """What one run of a step took."""

    seconds: float
    processor: float
    """Seconds of all cores."""
    memory: float
    """MiB at its peak."""


def words(name: str) -> list[str]:
    """The values of a category."""
    return [f"{name}_{level:03d}" for level in range(LEVELS[name])]


def pipeline() -> str:
    """The configuration; the short categories list their values."""
    lines = ["[source]", 'kind = "files"', "[table]", 'key = "id"', 'target = "y"', 'task = "binary"', 'positive = "1"']
    lines += ["[columns]", 'id = { type = "integer", role = "ignore" }']
    lines += [f'{name} = {{ type = "number" }}' for name in NUMBERS]
    for name, count in LEVELS.items():
        lines.append(f'{name} = {{ type = "category"{f", values = {words(name)}" if count < 10 else ""} }}')
    lines += ['y = { type = "category", values = ["0", "1"] }', "[[training.candidates]]", 'name = "linear"']
    lines += ['estimator = "sklearn.linear_model.LogisticRegression"', "[schedule]", f"first_day = {DAY}"]
    return "\n".join(lines)


def make(path: Path, rows: int) -> None:
    """Write the rows of a day as Parquet or, by the file's name, as CSV."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    rng = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, CHUNK_ROWS):
        count = min(CHUNK_ROWS, rows - start)
        ids = np.arange(start, start + count)
        ids[1:] -= rng.random(count - 1) < 0.001
        columns = {"id": pa.array(ids)}
        for place, name in enumerate(NUMBERS):
            values = rng.standard_normal(count)
            # the last five are counts
            values = np.round(values, 4) if place < 25 else np.round(values * 10)
            columns[name] = pa.array(values, mask=rng.random(count) < 0.05)
        for name, levels in LEVELS.items():
            codes = pa.array(rng.integers(0, levels, count, np.int32), mask=rng.random(count) < 0.03)
            columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(words(name))).cast(pa.string())
        columns["y"] = pa.array((rng.random(count) < 0.4).astype(np.int8), mask=rng.random(count) < 0.002)
        table = pa.table(columns)
        if writer is None:
            writer = (
                pa.csv.CSVWriter(path, table.schema)
                if path.suffix == ".csv"
                else pa.parquet.ParquetWriter(path, table.schema, compression="zstd")
            )
        writer.write(table)
    writer.close()


def run(step: str, root: Path, config: Path) -> Cost:
    """Run a step in a process of its own. Raises RuntimeError when it fails."""
    path = os.pathsep.join(str(ROOT / each) for each in ("contract", "analysis", f"services/{step}"))
    python = ROOT / ".venvs" / step / "bin" / "python"
    begin = time.monotonic()
    child = subprocess.Popen(
        [python, "-m", step, "--day", DAY, "--data-root", root, "--config", config, "--force"],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
    )
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{step} ended with {child.returncode}: {said.decode()}")
    return Cost(time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    """Figure by figure."""
    return Cost(*(statistics.median(getattr(each, name) for each in costs) for name in Cost.__dataclass_fields__))


def main() -> int:
    """0 when every run went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", type=float, default=[1e6, 5e6], help="sizes; the first is compared with")
    parser.add_argument("--steps", nargs="+", default=["generate", "preprocess"], help="in the order in which they run")
    parser.add_argument("--runs", type=int, default=1, help="of each step and size; the median is shown")
    parser.add_argument("--text", action="store_true", help="the day comes as CSV, where everything is text")
    options = parser.parse_args()
    found: dict[tuple[str, int], list[Cost]] = {}
    sizes = [int(rows) for rows in options.rows]
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "pipeline.toml"
        config.write_text(pipeline())
        for size in sizes:
            inbox = Path(scratch) / str(size) / "inbox" / DAY
            inbox.mkdir(parents=True)
            # in another process: what a parent holds when it starts a child counts in the child's peak
            file = inbox / ("rows.csv" if options.text else "rows.parquet")
            maker = multiprocessing.get_context("spawn").Process(target=make, args=(file, size))
            maker.start()
            maker.join()
        for _ in range(options.runs):
            for size in sizes:
                for step in options.steps:
                    found.setdefault((step, size), []).append(run(step, Path(scratch) / str(size), config))
                    print(step, size, found[step, size][-1], file=sys.stderr, flush=True)
    print("| step | rows | s | s of processor | s a million | peak MiB | growth: s a row | processor a row | memory |")
    print("|---|---|---|---|---|---|---|---|---|")
    for step in options.steps:
        first = median(found[step, sizes[0]])
        for size in sizes:
            cost, larger = median(found[step, size]), size / sizes[0]
            print(
                f"| {step} | {size:,} | {cost.seconds:.1f} | {cost.processor:.1f} | {cost.seconds / size * 1e6:.2f} "
                f"| {cost.memory:.0f} | {cost.seconds / first.seconds / larger:.2f} "
                f"| {cost.processor / first.processor / larger:.2f} | {cost.memory / first.memory:.2f} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
