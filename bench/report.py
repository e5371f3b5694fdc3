#!/usr/bin/env python3
"""What a judgement and its page cost: seconds and bytes, for a number of test rows, two models and two slices.

dev/env validate
PYTHONPATH=libs/contract:libs/analysis:services/validate .venvs/validate/bin/python bench/report.py --rows 100000
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import joblib
import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

import validate
from analysis.record.trained_for import record
from contract.config import GROUP, Config
from contract.config.parse import load
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.models.champion import Champion
from contract.steps.run import Run
from validate.evaluation.compare import compare
from validate.measures.metrics import metric_names
from validate.report.training_report import training_report

DAY = "2026-01-01"
NUMBERS = [f"x{index}" for index in range(12)]
PIPELINE = """
[source]
kind = "files"
[table]
target = "y"
task = "binary"
positive = "yes"
[columns.y]
type = "category"
values = ["no", "yes"]
[columns.plan]
type = "category"
[training]
window_days = 1
[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"
[gate]
slices = ["plan"]
[schedule]
first_day = 2026-01-01
"""


def table(rows: int, seed: int) -> pd.DataFrame:
    """Rows whose target follows the numbers."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, len(NUMBERS))), columns=NUMBERS)
    signal = frame.to_numpy() @ np.linspace(1, 0, len(NUMBERS)) + rng.normal(scale=2, size=rows)
    return frame.assign(plan=rng.choice(["basic", "plus", "pro"], rows), y=np.where(signal > 1, "yes", "no"))


def model(root: Path, config: Config, day: str, estimator: object) -> tuple[Champion, Dataset]:
    """A model of a day, as train leaves it."""
    frame = table(20_000, seed=1)
    fitted = Pipeline([("scale", StandardScaler()), ("estimate", estimator)]).fit(frame[NUMBERS], frame["y"])
    with DatasetWriter(root / "models" / day) as writer:
        joblib.dump(fitted, writer.file("model", "model.joblib"))
        candidate = {"estimator": "it", "mean": 0.8, "std": 0.01, "train_mean": 0.8}
        card = {"metric": "roc_auc", "chosen": "it", "candidates": {"it": candidate}}
        writer.file("card", "card.json").write_text(json.dumps(card))
        about = msgspec.to_builtins(record(config, [day], []))
        notes = {"metric": "roc_auc", "sklearn": sklearn.__version__, "trained_for": about}
        manifest = writer.publish(Recipe("train", day, "c0de", {}), {}, {}, notes)
    return Champion.of(f"models/{day}", manifest), Dataset.open(root / "models" / day)


def main() -> int:
    """Print seconds and bytes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="test rows (default: 100,000)")
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        text = PIPELINE + "".join(f'[columns.{name}]\ntype = "number"\n' for name in NUMBERS)
        (root / "pipeline.toml").write_text(text)
        config = load(root / "pipeline.toml")
        with DatasetWriter(root / "processed" / DAY) as writer:
            frame = table(rows, seed=2).assign(split="test")
            # plain lists: pandas has a text type of its own
            columns = {name: pa.array(frame[name].tolist()) for name in frame}
            writer.write(pa.table(columns | {GROUP: pa.array(range(rows), pa.uint64())}))
            writer.file("profile", "profile.json").write_text('{"rows": 0, "columns": {}}')
            counts = {"rows_in": rows, "rows_out": rows, "rejected": 0, "labelled": rows}
            writer.publish(Recipe("preprocess", DAY, "c0de", {}), counts, {})
        champion, _ = model(root, config, "2025-12-31", LogisticRegression())
        challenger, dataset = model(root, config, DAY, HistGradientBoostingClassifier(random_state=0))
        days = [Dataset.open(root / "processed" / DAY)]
        run = Run("validate", Path(validate.__file__).parent, date.fromisoformat(DAY), root, config)
        started = time.monotonic()
        comparison = compare(root, config, "roc_auc", metric_names(config, "roc_auc"), challenger, champion, days)
        judged = time.monotonic()
        html, _ = training_report(run, comparison, dataset, days, [], None)
        done = time.monotonic()
    print("| test rows | judgement, s | page, s | page, kB |")
    print("|---|---|---|---|")
    print(f"| {rows:,} | {judged - started:.1f} | {done - judged:.1f} | {len(html.encode()) / 1000:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
