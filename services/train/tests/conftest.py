import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from contract.config import Config
from contract.config.parse import load
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from train import __main__
from train.rows import read

HEAD = {
    "binary": '[table]\ntarget = "y"\ntask = "binary"\npositive = "yes"\n[columns.y]\ntype = "category"\nvalues = ["yes", "no"]\n',
    "multiclass": '[table]\ntarget = "y"\ntask = "multiclass"\n[columns.y]\ntype = "category"\nvalues = ["red", "blue", "green"]\n',
    "regression": '[table]\ntarget = "y"\ntask = "regression"\n[columns.y]\ntype = "number"\n',
}
REST = """
[pipeline]
name = "trial"
[source]
kind = "files"
[schedule]
first_day = 2026-01-01
[columns.x]
type = "number"
[columns.n]
type = "integer"
[columns.word]
type = "category"
"""
LINEAR = {"regression": "sklearn.linear_model.Ridge"}
TREES = {"regression": "sklearn.ensemble.HistGradientBoostingRegressor"}
CLASSES = {"binary": ["no", "yes"], "multiclass": ["blue", "green", "red"]}


def columns(task="binary", rows=120, seed=0, missing=0.1):
    """Rows whose target follows x, with missing values in every feature."""
    rng = np.random.default_rng(seed)
    x, n = rng.normal(size=rows), rng.integers(0, 9, rows)
    signal = x + rng.normal(scale=0.7, size=rows)
    gone = rng.random((3, rows)) < missing
    if task == "regression":
        y = pa.array(signal)
    else:
        classes = CLASSES[task]
        codes = np.searchsorted(np.quantile(signal, np.arange(1, len(classes)) / len(classes)), signal)
        y = pa.array([classes[code] for code in codes])
    return {
        "row_key": pa.array([f"{seed}-{row}" for row in range(rows)]),
        "x": pa.array(x, mask=gone[0]),
        "n": pa.array(n, mask=gone[1]),
        "word": pa.array(rng.choice(["a", "b", "c"], rows), mask=gone[2]).dictionary_encode(),
        "y": y,
        "split": pa.array(np.where(np.arange(rows) % 5 == 0, "test", "train")).dictionary_encode(),
        "_group": pa.array(np.random.default_rng(seed + 1000).integers(0, 2**64, rows, np.uint64)),
    }


def recurring(day, customers=300, task="binary"):
    """A day's rows of customers who come every day, with the label that each of them has, and hardly changed."""
    always, today = np.random.default_rng(5), np.random.default_rng(day)
    x, n = always.normal(size=customers), always.integers(0, 1000, customers)
    signal = x + always.normal(scale=2, size=customers)
    group = np.random.default_rng(6).integers(0, 2**64, customers, np.uint64)
    y = pa.array(signal) if task == "regression" else pa.array(np.where(signal > 0, "yes", "no"))
    return {
        "row_key": pa.array([f"{day}-{row}" for row in range(customers)]),
        "x": pa.array(x + today.normal(scale=0.01, size=customers)),
        "n": pa.array(n),
        "word": pa.array(always.choice(["a", "b", "c"], customers)).dictionary_encode(),
        "y": y,
        "split": pa.array(["train"] * customers).dictionary_encode(),
        "_group": pa.array(group),
    }


@dataclass
class Project:
    """A data root with a configuration, and the step run on it as by hand."""

    root: Path
    task: str = "binary"

    def configure(self, text="", *, estimator=None, folds=3, days=2, metric=None, params="{}", pair=True):
        linear = LINEAR.get(self.task, "sklearn.linear_model.LogisticRegression")
        trees = TREES.get(self.task, "sklearn.ensemble.HistGradientBoostingClassifier")
        training = f"[training]\nwindow_days = {days}\nfolds = {folds}\n" + (f'metric = "{metric}"\n' if metric else "")
        training += f'[[training.candidates]]\nname = "first"\nestimator = "{estimator or linear}"\nparams = {params}\n'
        if pair and estimator is None:
            training += (
                f'[[training.candidates]]\nname = "trees"\nestimator = "{trees}"\nparams = {{ max_iter = 10 }}\n'
            )
        (self.root / "pipeline.toml").write_text(HEAD[self.task] + REST + training + text)

    @property
    def config(self) -> Config:
        return load(self.root / "pipeline.toml")

    def process(self, day, table=None, **options):
        table = table if table is not None else columns(self.task, **options)
        with DatasetWriter(self.root / "processed" / day) as writer:
            writer.write(pa.table(table))
            writer.publish(Recipe("preprocess", day, "c0de", {}), counts={}, run={})

    def recur(self, days, customers=300):
        """Processed days of customers who come every day."""
        for number in range(days):
            self.process(f"2026-01-{number + 1:02d}", recurring(number, customers, self.task))

    def rows(self, days):
        """The rows that a training of so many days reads."""
        return read([Dataset.open(self.root / "processed" / f"2026-01-{n + 1:02d}") for n in range(days)], self.config)

    def columns(self, **options):
        return columns(self.task, **options)

    def train(self, *options, day="2026-01-02"):
        sys.argv = ["train", "--day", day, "--data-root", str(self.root), *options]
        if "--config" not in options:
            sys.argv += ["--config", str(self.root / "pipeline.toml")]
        return int(__main__.main())

    def snapshot(self):
        """Every file below the root with its content, but for locks: they hold nothing."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and path.parent.name != ".locks"
        }


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", *(name for name in os.environ if name.startswith("MICROSTEP_"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["train"])


def make(root, task):
    root.mkdir(parents=True, exist_ok=True)
    project = Project(root, task)
    project.configure()
    for seed, day in enumerate(("2026-01-01", "2026-01-02")):
        project.process(day, seed=seed)
    return project


@pytest.fixture
def project(tmp_path):
    """Two processed days of a binary task."""
    return make(tmp_path, "binary")


@pytest.fixture(params=["binary", "multiclass", "regression"])
def each_task(request, tmp_path):
    """The same for every kind of task."""
    return make(tmp_path, request.param)


@pytest.fixture
def refuse(project, capsys):
    """The step must end with a code and a line that has all the texts, and leave everything as it was."""

    def check(code, *texts, day="2026-01-02"):
        before = project.snapshot()
        assert project.train(day=day) == code
        last = capsys.readouterr().err
        for text in texts:
            assert text in last
        assert project.snapshot() == before

    return check
