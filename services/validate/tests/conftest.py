import functools
import json
import os
import pickle
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import joblib
import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn
from mlflow_server import SERVER, serving
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline

from analysis.formulas import without_formulas
from analysis.pages import plots
from analysis.predictions import CONTENT, content_hashes
from analysis.record.predicted_for import predicted_for
from analysis.record.trained_for import question, record
from contract.config import Config
from contract.config.parse import load
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.layout import Layout
from contract.models.champion import Champion, read_champion
from validate import __main__

HEAD = {
    "binary": '[table]\ntarget = "y"\ntask = "binary"\npositive = "no"\n[columns.y]\ntype = "category"\nvalues = ["no", "yes"]\n',
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
[columns.word]
type = "category"
[training]
window_days = 2
[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"
[gate]
min_test_rows = 10
"""
PROFILE = {
    "rows": 100,
    "columns": {
        "x": {"kind": "number", "count": 95, "missing": 5, "min": -2.0, "max": 2.0, "mean": 0.1, "std": 1.0},
        "word": {"kind": "category", "count": 100, "missing": 0, "different": 2, "categories": {"a": 60, "b": 40}},
    },
}
CARD = {
    "chosen": "linear",
    "candidates": {
        "linear": {"estimator": "sklearn.linear_model.LogisticRegression", "mean": 0.8, "std": 0.01, "train_mean": 0.81}
    },
}
METRIC = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}
CLASSES = {"binary": ["no", "yes"], "multiclass": ["blue", "green", "red"]}


def columns(task="binary", rows=100, seed=0, classes=None):
    """Rows whose target follows x."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    signal = x + rng.normal(scale=0.5, size=rows)
    if task == "regression":
        y = pa.array(signal)
    else:
        classes = classes or CLASSES[task]
        codes = np.searchsorted(np.quantile(signal, np.arange(1, len(classes)) / len(classes)), signal)
        y = pa.array([classes[code] for code in codes])
    return {
        "row_key": pa.array([f"{seed}-{row}" for row in range(rows)]),
        "x": pa.array(x, mask=rng.random(rows) < 0.05),
        "word": pa.array(rng.choice(["a", "b"], rows)).dictionary_encode(),
        "y": y,
        "split": pa.array(np.where(np.arange(rows) % 2 == 0, "test", "train")).dictionary_encode(),
        "_group": pa.array(np.arange(rows) + 1000 * seed, pa.uint64()),
    }


@functools.cache
def fitted(task, quality, features):
    """A fitted model, pickled: the same rows give the same one, so hundreds of tests need no fit of their own."""
    table = columns(task, rows=200, seed=77)
    frame = pd.DataFrame({name: pd.Series(table[name].to_pylist()) for name in features})
    target = np.array(table["y"].to_pylist())
    regression = task == "regression"
    if quality != "bad":
        strength = {"good": 1.0, "fine": 0.5}[quality]
        estimator = Ridge(alpha=strength) if regression else LogisticRegression(C=strength)
    else:
        estimator = DummyRegressor() if regression else DummyClassifier(strategy="prior")
    imputed = ColumnTransformer([("x", make_pipeline(SimpleImputer()), [features[0]])])
    if not regression:
        target = target.astype(object)
    return pickle.dumps(Pipeline([("prepare", imputed), ("estimate", estimator)]).fit(frame, target))


@dataclass
class Project:
    """A data root with a configuration, models of any quality, and the step run on it as by hand."""

    root: Path
    task: str = "binary"
    name: str = field(default="trial")

    def configure(self, gate=""):
        text = (HEAD[self.task] + REST + gate).replace('name = "trial"', f'name = "{self.name}"')
        (self.root / "pipeline.toml").write_text(text)

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    @property
    def config(self) -> Config:
        return load(self.root / "pipeline.toml")

    def columns(self, **options):
        return columns(self.task, **options)

    def process(self, day, table=None, settings=None, inputs=(), **options):
        table = table if table is not None else columns(self.task, **options)
        rows = pa.table(table)
        counts = {"rows_in": rows.num_rows, "rows_out": rows.num_rows, "rejected": 0, "labelled": rows.num_rows}
        counts["rejected_by_rule"] = {}
        with DatasetWriter(self.root / "processed" / day) as writer:
            writer.write(rows)
            writer.file("profile", "profile.json").write_text(json.dumps(PROFILE))
            writer.publish(Recipe("preprocess", day, "c0de", settings or {}, inputs), counts=counts, run={})

    def fitted(self, quality, features=("x", "word")):
        """A good model, one as fine, or a bad one that says the same for every row; each time its own copy."""
        return pickle.loads(fitted(self.task, quality, features))

    def trained(
        self,
        day="2026-01-02",
        quality="good",
        model=None,
        version=None,
        run=None,
        sklearn_version=sklearn.__version__,
        held_out=0,
        about=True,
        baseline=None,
    ):
        """A model of a day as train leaves it, its last days `held_out`; not `about`: of before there were records.

        `baseline`: as train records it; None: of before it did.
        """
        days = [name.isoformat() for name in self.config.window(date.fromisoformat(day))]
        fitted = len(days) - held_out
        notes = {"metric": METRIC[self.task], "sklearn": sklearn_version}
        if baseline is not None:
            notes["baseline"] = baseline
        if about:
            there = [path for path in map(self.layout.processed, days) if path.is_dir()]
            about_it = record(self.config, days[:fitted], days[fitted:], map(Dataset.open, there))
            notes["trained_for"] = msgspec.to_builtins(about_it)
        with DatasetWriter(self.root / "models" / day, keep_superseded=True) as writer:
            joblib.dump(model or self.fitted(quality), writer.file("model", "model.joblib"))
            writer.file("card", "card.json").write_text(json.dumps({**CARD, "metric": METRIC[self.task]}))
            recipe = Recipe("train", day, "c0de", {"quality": quality, **question(self.config)})
            sealed = writer.seal(recipe, {}, notes)
            manifest = writer.commit(sealed, run={"version": version, "mlflow_run": run} if version else {})
        return Champion.of(f"models/{day}", manifest)

    @property
    def champion(self) -> Champion:
        return read_champion(self.root / "models" / "champion.json")

    def verdict(self, day="2026-01-02"):
        return json.loads(Dataset.open(self.root / "reports/train" / day).file("verdict").read_text())

    def predicted(self, day, champion, keep=slice(None), quality="good", form="parquet", **changes):
        """Predictions of a day as predict leaves them, of some of its rows; `changes` of their columns."""
        table = pa.table(columns(self.task, seed=int(day[-2:]) - 1)).to_pandas()[keep]
        model = self.fitted(quality)
        frame, written = table[["x", "word"]], {"row_key": table["row_key"].tolist()}
        written["prediction"] = model.predict(frame).tolist()
        if self.task == "binary":
            written["score"] = model.predict_proba(frame)[:, list(model.classes_).index("no")]
        elif self.task == "multiclass":
            written |= {f"score_{name}": model.predict_proba(frame)[:, k] for k, name in enumerate(model.classes_)}
        rows = pa.table(written | changes)
        with DatasetWriter(self.root / "predictions" / day, form=form) as writer:
            writer.write(without_formulas(rows) if form == "csv" else rows)
            notes = {"champion": msgspec.to_builtins(champion)}
            if self.config.table.key is None:
                processed = Dataset.open(self.root / "processed" / day)
                (batch,) = processed.batches()
                hashes = content_hashes(batch, ["x", "word"])[keep]
                writer.write(pa.table({CONTENT: hashes}), role=CONTENT)
                notes[CONTENT] = ["x", "word"]
            writer.publish(Recipe("predict", day, "c0de", predicted_for(self.config)), counts={}, run={}, notes=notes)

    def ledger(self):
        from contract.models.ledger import read

        return read(self.root / "ledger.jsonl")

    def validate(self, *options, day="2026-01-02"):
        return self.run("--day", day, *options)

    def run(self, *words):
        """The command line with any words."""
        sys.argv = ["validate", *words, "--data-root", str(self.root), "--config", str(self.root / "pipeline.toml")]
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
    monkeypatch.setattr(sys, "argv", ["validate"])


@pytest.fixture(scope="session", autouse=True)
def drawn_once():
    """A plot of the same data has the same bytes (libs/analysis/tests/pages), so it is drawn once.

    Most judgements here are of the same few rows, and more than half of their time went into the drawing.
    """
    drawn = {}

    def once(draw):
        @functools.wraps(draw)
        def drawing(*words, **options):
            asked = pickle.dumps((draw.__name__, words, options))
            if asked not in drawn:
                drawn[asked] = draw(*words, **options)
            return drawn[asked]

        return drawing

    with pytest.MonkeyPatch.context() as patch:
        for draw in (plots.lines, plots.intervals, plots.bars, plots.two_histograms, plots.cloud):
            patch.setattr(plots, draw.__name__, once(draw))
        yield


PROCESSED = {}
"""The files of three processed days, by task: written once, then copied."""


def make(root, task):
    project = Project(root, task)
    project.configure()
    if task in PROCESSED:
        for name, content in PROCESSED[task].items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return project
    for seed, day in enumerate(("2026-01-01", "2026-01-02", "2026-01-03")):
        project.process(day, seed=seed)
    PROCESSED[task] = {name: content for name, content in project.snapshot().items() if name.startswith("processed/")}
    return project


@pytest.fixture(scope="session")
def make_project():
    """Three processed days below a root, of a binary task unless said otherwise."""
    return lambda root, task="binary": make(root, task)


@pytest.fixture
def project(tmp_path):
    """Three processed days of a binary task."""
    return make(tmp_path, "binary")


@pytest.fixture(params=["binary", "multiclass", "regression"])
def each_task(request, tmp_path):
    """The same for every kind of task."""
    return make(tmp_path, request.param)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a registry of our own."""
    if not SERVER.exists():
        pytest.skip(f"no MLflow server at {SERVER}; make it with: dev/env mlflow")
    with serving(tmp_path_factory.mktemp("mlflow")) as address:
        yield address
