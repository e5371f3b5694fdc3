import hashlib
import io
import json
import threading
import tomllib
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import joblib
import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import predict
from contract.config.parse import parse
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.layout import Layout
from contract.models.champion import Champion, Pointer, write_champion
from contract.models.ledger import Line, read
from contract.steps.run import Run
from predict.work import work

DAY, TRAINED = "2026-11-22", "2026-11-16"

CONFIG = """
[pipeline]
name = "shop"

[source]
kind = "files"

[table]
key = "id"
target = "bought"
task = "binary"
positive = "yes"

[columns.id]
type = "text"
role = "ignore"

[columns.age]
type = "integer"

[columns.plan]
type = "category"

[columns.bought]
type = "category"
values = ["no", "yes"]

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-01-01
"""


def a_model(estimator=None, classes=("no", "yes")):
    """A small pipeline like train's, fitted on age and plan; a regression without classes."""
    ages = np.linspace(18, 80, 120)
    frame = pd.DataFrame({"age": ages, "plan": pd.Series(["small", "large", "huge"] * 40, dtype=object)})
    indices = np.minimum((ages - 18) / 62 * len(classes), len(classes) - 1).astype(int)
    target = np.array(classes, dtype=object)[indices] if classes else ages / 10
    encode = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["plan"]), remainder="passthrough")
    estimator = estimator or (LogisticRegression(max_iter=5000) if classes else LinearRegression())
    return make_pipeline(encode, estimator).fit(frame, target)


def put_in_use(layout, champion):
    """A promotion, as validate writes it."""
    lines = read(layout.ledger)
    line = Line(decision="promoted", why="better", day=champion.day, before=None, model=champion, metrics={})
    line = line.after(lines[-1].hash if lines else "")
    with layout.ledger.open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")
    write_champion(layout.champion, Pointer(**msgspec.structs.asdict(champion), line=line.hash))


class Day:
    """A data root with one processed day and, when given one, a champion; and the step to run on it."""

    name, trained = DAY, TRAINED

    def __init__(self, root: Path, text: str):
        self.root = root
        self.layout = Layout(root)
        self.raw_config = tomllib.loads(text)

    @property
    def config(self):
        return parse(self.raw_config)

    def rows(self, count):
        return pa.table(
            {
                "id": [f"c{n}" for n in range(count)],
                "age": pa.array([18 + n % 60 for n in range(count)], pa.int64()),
                "plan": pa.array([("small", "large", "new", None)[n % 4] for n in range(count)]).dictionary_encode(),
                "split": pa.array([("train", "test")[n % 2] for n in range(count)]).dictionary_encode(),
            }
        )

    def bring(self, table, notes=None, **more):
        with DatasetWriter(self.layout.processed(DAY)) as writer:
            writer.write(table)
            counts = {"rows_in": table.num_rows + 1, "rows_out": table.num_rows, "rejected": 1}
            counts |= {"rejected_by_rule": {"id: duplicate": 1}, **more}
            writer.publish(Recipe("preprocess", DAY, "c0de", {"rows": table.to_pydict()}), counts, {}, notes)

    def file_of(self, model, *, name="model.joblib", **fields):
        """Put a model's file in place; returns what a pointer would say of it."""
        file = io.BytesIO()
        joblib.dump(model, file)
        path = self.layout.model(TRAINED) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.getvalue())
        defaults = {
            "day": TRAINED,
            "file": path.relative_to(self.root).as_posix(),
            "sha256": hashlib.sha256(file.getvalue()).hexdigest(),
            "manifest": "0" * 64,
            "sklearn": version("scikit-learn"),
            "version": "3",
        }
        return Champion(**{**defaults, **fields})

    def crown(self, model, **fields):
        """Put its file, the ledger's line and the pointer in place; returns the champion."""
        champion = self.file_of(model, **fields)
        put_in_use(self.layout, champion)
        return champion

    def predict(self, *, force=False):
        package = Path(predict.__file__).parent
        work(Run("predict", package, date.fromisoformat(DAY), self.root, self.config, force))
        return Dataset.open(self.path)

    @property
    def path(self):
        return self.layout.predictions(DAY)

    def table(self):
        return pa.Table.from_batches(list(Dataset.open(self.path).batches()))

    def tree(self):
        """Every file of the predictions with its content."""
        return {path.name: path.read_bytes() for path in self.path.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def _no_registry(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def config_text():
    return CONFIG


@pytest.fixture
def day(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    return Day(root, CONFIG)


@pytest.fixture(scope="session")
def model():
    return a_model()


@pytest.fixture(scope="session")
def make_model():
    return a_model


class Registry:
    """Answers like MLflow's REST interface, with the champions that a test puts in it."""

    def __init__(self):
        self.champions: dict[str, Champion] = {}
        self.raw: bytes | None = None
        self.requests: list[str] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                registry.requests.append(self.path)
                status, content = registry.answer(urlsplit(self.path))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, url):
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if self.raw is not None:
            return 200, self.raw
        if url.path != "/api/2.0/mlflow/registered-models/alias" or query["alias"] != "champion":
            return 500, b""
        champion = self.champions.get(query["name"])
        if champion is None:
            return 404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}'
        tags = [{"key": name, "value": value} for name, value in champion.tags().items()]
        tags.append({"key": "mine", "value": "1"})
        version = {"name": query["name"], "version": champion.version, "tags": tags}
        return 200, json.dumps({"model_version": version}).encode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def registry():
    started = Registry()
    yield started
    started.close()
