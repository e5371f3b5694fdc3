"""A data root, a configuration that a test can change, and a call of the step as from a shell."""

import importlib
import os
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.config.parse import parse
from contract.datasets.dataset import Dataset
from contract.steps.run import Run
from generate import ingest
from generate.infer.render.toml_text import key, value
from generate.part import part_of
from generate.synthetic import COLUMNS, LEVELS, NUMBERS

DAY = "2026-11-22"
PACKAGE = Path(__file__).parents[1] / "generate"


@pytest.fixture
def table():
    """A small table in the inbox: a key, two features, a column that no model sees, and a target."""
    return {
        "source": {"kind": "files"},
        "table": {"key": "id", "target": "left", "task": "binary", "positive": "yes"},
        "columns": {
            "id": {"type": "text", "role": "ignore"},
            "age": {"type": "integer", "min": 0},
            "plan": {"type": "category"},
            "note": {"type": "text", "role": "ignore"},
            "left": {"type": "category", "values": ["no", "yes"]},
        },
        "training": {"candidates": [{"name": "a", "estimator": "x.Y"}]},
        "schedule": {"first_day": date(2026, 11, 1)},
    }


@pytest.fixture
def customers(table):
    """The table that synthetic rows fit, clean."""
    columns = {name: {"type": "number"} for name in NUMBERS} | {name: {"type": "category"} for name in LEVELS}
    columns |= {"customer_id": {"type": "text", "role": "ignore"}, "churned": table["columns"]["left"]}
    return table | {
        "source": {"kind": "synthetic", "rows": 500, "missing": 0, "broken": 0},
        "table": {"key": "customer_id", "target": "churned", "task": "binary", "positive": "yes"},
        "columns": {name: columns[name] for name in COLUMNS},
    }


@pytest.fixture
def root(tmp_path):
    """A data root."""
    path = tmp_path / "data"
    path.mkdir()
    return path


@pytest.fixture
def inbox(root):
    """The day's inbox."""
    path = root / "inbox" / DAY
    path.mkdir(parents=True)
    return path


@pytest.fixture
def run(root):
    """Makes a run from a configuration in plain values."""

    def make(raw, day=DAY, *, force=False):
        return Run("generate", PACKAGE, date.fromisoformat(day), root, parse(raw), force=force)

    return make


@pytest.fixture
def source_class(monkeypatch):
    """A source that gives one labelled row, and remembers which tables it was asked for."""

    class Source:
        rows = 1

        def __init__(self, run, labels=("no",)):
            self.run, self.labels, self.asked = run, labels, []
            self.data = run.recipe({"of": "data"})
            self.target = run.recipe({"of": "target", "labels": list(labels)}) if labels is not None else None

        def parts(self, *, data, target):
            self.asked.append((data, target))
            rows = pa.RecordBatch.from_pydict({"id": ["A"], "left": [self.labels[0] if self.labels else None]})
            yield part_of(rows, self.run.config, day="d", file="f", row=1, number=1)

    monkeypatch.setattr(ingest, "parts_of", lambda source, **tables: source.parts(**tables))
    return Source


@pytest.fixture
def rows(root):
    """Reads all rows of a raw dataset (`data` or `target`) of the day."""

    def read(name, day=DAY):
        path = root / "raw" / day / name
        return pa.concat_tables(pq.read_table(path / file.path) for file in Dataset.open(path).manifest.named("rows"))

    return read


@pytest.fixture
def state(root):
    """Gives every file below raw/, with its content and its time of change."""

    def state():
        files = [path for path in (root / "raw").rglob("*") if path.is_file()]
        return {str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    return state


@pytest.fixture
def call(root, tmp_path, monkeypatch, capfd):
    """Runs the step on the day as from a shell; gives its exit code and standard error."""

    def call(raw, *options):
        config = tmp_path / "pipeline.toml"
        config.write_text(as_toml(raw), encoding="utf-8")
        return shell("--day", DAY, "--data-root", str(root), "--config", str(config), *options)

    def shell(*argv):
        monkeypatch.setattr(sys, "argv", ["generate", *argv])
        for name in [name for name in os.environ if name.startswith("MICROSTEP_") and name != "MICROSTEP_SQL_URL_FILE"]:
            monkeypatch.delenv(name)
        try:
            code = importlib.import_module("generate.__main__").main()
        except SystemExit as end:
            code = end.code
        return int(code), capfd.readouterr().err

    call.shell, call.toml = shell, as_toml
    return call


@pytest.fixture
def url(tmp_path, monkeypatch):
    """The file with the database's URL."""
    path = tmp_path / "sql_url"
    path.write_text(f"sqlite:///{tmp_path / 'people.db'}\n")
    monkeypatch.setenv("MICROSTEP_SQL_URL_FILE", str(path))
    return path


def as_toml(raw):
    """A configuration as a file; nested tables as inline ones."""

    def inline(thing):
        if isinstance(thing, dict):
            return f"{{ {', '.join(f'{key(name)} = {inline(item)}' for name, item in thing.items())} }}"
        return f"[{', '.join(map(inline, thing))}]" if isinstance(thing, list) else value(thing)

    return "\n".join(f"{key(name)} = {inline(item)}" for name, item in raw.items())
