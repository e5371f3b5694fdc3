"""The notebook, executed as a person would, on data roots that the real steps made; and that it is kept without output."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "notebooks" / "predictions.ipynb"
TRAINED, DAY = "2026-01-05", "2026-01-06"
SHIPPED = (ROOT / "pipeline.toml").read_text()
SMALL = {
    "rows = 2000": "rows = 300",
    "window_days = 7": "window_days = 1",
    "folds = 3": "folds = 2",
    "max_iter = 100,": "max_iter = 5,",
    "minimums = { roc_auc = 0.70 }": 'minimums = {}\nbaseline = "off"',
    "min_test_rows = 100": "min_test_rows = 10",
    "max_calibration_error = 0.10": "max_calibration_error = 1.0",
    'slices = ["contract", "payment"]': "slices = []",
}
REGRESSION = """
[pipeline]
name = "orders"
[source]
kind = "files"
[table]
target = "amount"
key = "score_id"
task = "regression"
[columns.amount]
type = "number"
[columns.visits]
type = "number"
[columns.plan]
type = "category"
[training]
window_days = 1
folds = 2
[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.Ridge"
[gate]
baseline = "off"
min_test_rows = 10
[predictions]
format = "csv"
[schedule]
first_day = 2026-01-01
"""


def binary():
    text = SHIPPED
    for shipped, small in SMALL.items():
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, small)
    return text


def step(name, root, day):
    paths = (ROOT / part for part in ("libs/contract", "libs/analysis", f"services/{name}"))
    env = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    options = ["--day", day, "--data-root", root / "data", "--config", root / "pipeline.toml"]
    done = subprocess.run(
        [ROOT / ".venvs" / name / "bin/python", "-m", name, *options],
        env=env | {"PYTHONPATH": os.pathsep.join(map(str, paths))}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def made(root, text):
    """A data root with a champion and a predicted day, beside its pipeline.toml."""
    (root / "pipeline.toml").write_text(text)
    for day in (TRAINED, DAY):
        inbox = root / "data" / "inbox" / day
        inbox.mkdir(parents=True)
        lines = [f"{day}-{n},{7 * n % 50 + n / 100},{n * 13 % 199},{('basic', 'pro')[n % 2]}" for n in range(200)]
        # a key that is called like a score, and is none
        (inbox / "rows.csv").write_text("\n".join(["score_id,amount,visits,plan", *lines]) + "\n")
        (inbox / "_SUCCESS").touch()
        for name in ("generate", "preprocess"):
            step(name, root, day)
    for name in ("train", "validate"):
        step(name, root, TRAINED)
    step("predict", root, DAY)
    return root


@pytest.fixture(scope="session")
def churn(tmp_path_factory):
    return made(tmp_path_factory.mktemp("churn"), binary())


@pytest.fixture(scope="session")
def orders(tmp_path_factory):
    return made(tmp_path_factory.mktemp("orders"), REGRESSION)


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the libraries and the notebook, and no data yet."""
    (tmp_path / "libs").symlink_to(ROOT / "libs")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pipelines").mkdir()
    return tmp_path


def bring(source, data, file):
    """A data root and its file, where the notebook looks for them."""
    shutil.copytree(source / "data", data)
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "pipeline.toml", file)


def run(checkout, pipeline=None):
    """All that the notebook says, and how many pictures it draws. Raises CellExecutionError."""
    notebook = nbformat.read(FILE, as_version=4)
    choice = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert "PIPELINE = None" in choice.source
    choice.source = choice.source.replace("PIPELINE = None", f"PIPELINE = {pipeline!r}")
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(checkout / "notebooks")}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output.get("data", {}) for output in outputs]
    texts = [output.get("text", "") for output in outputs] + [data.get("text/html", "") for data in shown]
    return "\n".join(texts), sum("image/png" in data for data in shown)


def holds(said, pictures, root):
    assert f"in {root} " in said
    assert float(re.search(r"largest difference (\S+); rows as they were then", said)[1]) < 1e-9
    for dataset in (f"processed/{DAY}", f"raw/{DAY}/data"):
        assert re.search(rf"{dataset}</td>\s*<td>[0-9a-f]{{12}}</td>\s*<td>as recorded</td>", said), dataset
    assert pictures == 1


def test_it_reads_what_make_demo_left(checkout, churn):
    bring(churn, checkout / ".demo" / "data", checkout / ".demo" / "pipeline.toml")
    said, pictures = run(checkout)
    holds(said, pictures, checkout / ".demo" / "data")
    assert "binary: churned" in said


def test_it_reads_any_of_several_pipelines_and_the_first_unasked(checkout, churn, orders):
    for name, source in (("churn", churn), ("orders", orders)):
        bring(source, checkout / "data" / name, checkout / "pipelines" / f"{name}.toml")
    said, pictures = run(checkout, "orders")
    holds(said, pictures, checkout / "data" / "orders")
    assert "regression: amount" in said
    assert f"in {checkout / 'data' / 'churn'} " in run(checkout)[0]


def test_it_opens_no_model_that_was_changed(checkout, churn):
    bring(churn, checkout / "data", checkout / "pipeline.toml")
    (model,) = (checkout / "data" / "models" / TRAINED).glob("model*.joblib")
    model.write_bytes(model.read_bytes() + b"\0")
    with pytest.raises(CellExecutionError, match="NotPermitted"):
        run(checkout)


def test_without_predictions_it_says_how_to_make_some(checkout):
    with pytest.raises(CellExecutionError, match="type: make demo"):
        run(checkout)


@pytest.mark.parametrize("file", sorted(FILE.parent.glob("*.ipynb")), ids=lambda file: file.name)
def test_a_notebook_is_kept_without_what_it_said(file):
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert not cell.metadata
