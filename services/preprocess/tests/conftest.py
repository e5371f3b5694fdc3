import tomllib
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

import preprocess
from contract.config.parse import parse
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.layout import Layout
from contract.steps.run import Run
from preprocess.work import work

DAY = "2026-11-22"

CONFIG = """
[source]
kind = "files"

[table]
key = "id"
target = "bought"
task = "binary"
positive = "yes"
max_rejected_fraction = 0.5

[columns.id]
type = "text"
role = "ignore"

[columns.age]
type = "integer"
min = 18
max = 110
missing = "reject"

[columns.income]
type = "number"
min = 0

[columns.plan]
type = "category"
values = ["small", "large"]

[columns.city]
type = "category"

[columns.seen]
type = "datetime"
role = "ignore"

[columns.bought]
type = "category"
values = ["no", "yes"]

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-01-01
"""


class Day:
    """A data root with one day's raw datasets, and the step to run on it."""

    name = DAY

    def __init__(self, root: Path, text: str):
        self.root = root
        self.raw_config = tomllib.loads(text)

    @property
    def config(self):
        return parse(self.raw_config)

    def run(self, *, force=False):
        package = Path(preprocess.__file__).parent
        return Run("preprocess", package, date.fromisoformat(DAY), self.root, self.config, force)

    def rows(self, count, **columns):
        """Good rows as texts, with the given columns in place of the usual ones; None takes one away."""
        usual = {
            "id": [f"c{n}" for n in range(count)],
            "age": [str(20 + n % 50) for n in range(count)],
            "income": [f"{1000 + n}.5" for n in range(count)],
            "plan": [("small", "large")[n % 2] for n in range(count)],
            "city": [("Bern", "Rome", "Oslo")[n % 3] for n in range(count)],
            "seen": ["2026-11-21"] * count,
        }
        return pa.table({name: values for name, values in {**usual, **columns}.items() if values is not None})

    def bring_data(self, table, file="inbox/2026-11-22/a.csv", unread=(), *, asked=None):
        """Rows; `unread`: place, rule and text of those that generate could not read; `asked`: key and target."""
        return self._write(Layout(self.root).raw_data(DAY), table, file, unread=unread, asked=asked)

    def bring_target(self, table, file="inbox/2026-11-22/labels.csv", *, read_with=None, source=None, asked=None):
        """Labels; `read_with`: the data that came with them."""
        notes = {"rows": read_with.manifest.identity} if read_with is not None else {}
        return self._write(Layout(self.root).raw_target(DAY), pa.table(table), file, notes, source, asked=asked)

    def _write(self, path, table, file, notes=None, source=None, unread=(), asked=None):
        table = table.append_column("_file", pa.array([file] * table.num_rows, pa.string()))
        table = table.append_column("_row", pa.array(range(1, table.num_rows + 1), pa.int64()))
        with DatasetWriter(path) as writer:
            writer.write(table)
            if unread:
                lines = [{"_file": file, "_row": row, "rule": rule, "value": text} for row, rule, text in unread]
                writer.write(pa.Table.from_pylist(lines), role="unread")
            settings = {"rows": table.to_pydict(), "source": source or {"kind": "files"}} | (asked or {})
            counts = {"rows_in": table.num_rows + len(unread), "rows_out": table.num_rows, "rejected": len(unread)}
            writer.publish(Recipe("generate", DAY, "c0de", settings), counts, {}, notes)
        return Dataset.open(path)

    def process(self, *, force=False):
        work(self.run(force=force))
        return self.processed

    @property
    def path(self):
        return Layout(self.root).processed(DAY)

    @property
    def processed(self):
        return Dataset.open(self.path)

    def table(self, role="rows"):
        return pa.Table.from_batches(list(self.processed.batches(role=role)))

    def tree(self):
        """Every file of the processed day with its content."""
        return {path.name: path.read_bytes() for path in self.path.rglob("*") if path.is_file()}


@pytest.fixture
def config_text():
    return CONFIG


@pytest.fixture
def day(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    return Day(root, CONFIG)
