"""Golden rows: what a model answered then, whatever has changed around it since."""

from operator import attrgetter, methodcaller

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from analysis.matrix import frame, matrix
from analysis.rows import classes, columns
from contract.datasets.dataset import Dataset
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input
from contract.errors import DataError
from validate.evaluation.golden import ROWS, check, golden_rows
from validate.evaluation.sample import Sample
from validate.evaluation.scoring import score


@pytest.fixture
def golden(each_task):
    """The golden rows of a model, and how they are checked once they lie in a file."""
    model, sample = each_task.fitted("good"), Sample(1000)
    days = [Dataset.open(each_task.root / "processed" / day) for day in ("2026-01-01", "2026-01-02")]
    score(model, days, each_task.config, "it", sample=sample)
    rows = golden_rows(model, sample.table(), each_task.config)

    def checked(rows, config=None):
        path = each_task.root / "golden.parquet"
        pq.write_table(rows, path)
        return check(each_task.root, Input(path.name, sha256_of(path)), model, config or each_task.config)

    return rows, checked


def test_they_are_test_rows_of_all_days_with_each_class_by_its_name(each_task, golden):
    rows, checked = golden
    names = [f"golden score of {name}" for name in classes(each_task.config)] or ["golden score"]
    assert rows.column_names == ["x", "word", *names]
    assert rows.num_rows == 100 <= ROWS
    assert checked(rows) == 100


def test_another_order_of_the_classes_changes_no_answer(each_task, golden):
    rows, checked = golden
    text = (each_task.root / "pipeline.toml").read_text()
    for old, new in (('positive = "no"', 'positive = "yes"'), ('["red", "blue", "green"]', '["green", "red", "blue"]')):
        text = text.replace(old, new)
    (each_task.root / "pipeline.toml").write_text(text)
    assert checked(rows) == 100


def test_a_file_of_an_earlier_version_is_read_by_the_order_of_the_classes(golden):
    rows, checked = golden
    scores = [name for name in rows.column_names if name.startswith("golden score")]
    old = rows.rename_columns(["x", "word", *(f"golden score {number}" for number in range(len(scores)))])
    assert checked(old) == 100


def test_an_answer_that_differs_is_told(golden):
    rows, checked = golden
    name = rows.column_names[-1]
    last = rows.column_names.index(name)
    with pytest.raises(DataError, match="must answer its 100 golden rows as it did then, differs in 100"):
        checked(rows.set_column(last, name, pa.array(rows.column(name).to_numpy() + 1e-6)))


def test_dates_and_texts_answer_as_they_did(each_task):
    texts = ["a red house", "the blue river", None, "a river"] * 25
    moments = pa.array([f"2026-01-{1 + row % 28:02d} {row % 24:02d}:30:00" for row in range(100)]).cast(
        pa.timestamp("us")
    )
    sample = pa.table({"when": moments, "note": texts})
    rows = columns(sample.to_batches()[0], ["when", "note"])
    hour = make_pipeline(FunctionTransformer(attrgetter("dt.hour")), FunctionTransformer(methodcaller("to_frame")))
    words = make_pipeline(FunctionTransformer(methodcaller("fillna", "")), TfidfVectorizer())
    step = ColumnTransformer(
        [
            ("words", OneHotEncoder(), []),
            ("numbers", "passthrough", []),
            ("dates 0", FrozenEstimator(hour.fit(frame(rows)["when"])), "when"),
            ("texts 0", FrozenEstimator(words.fit(frame(rows)["note"])), "note"),
        ],
        sparse_threshold=1.0,
    ).fit(frame(rows))
    names = classes(each_task.config)
    target = [names[row % len(names)] for row in range(100)] if names else [float(row) for row in range(100)]
    estimator = (LogisticRegression(max_iter=1000) if names else Ridge()).fit(matrix(step, rows), target)
    model = Pipeline([("prepare", step), ("estimate", estimator)])
    golden = golden_rows(model, sample, each_task.config)
    path = each_task.root / "golden.parquet"
    pq.write_table(golden, path)
    assert check(each_task.root, Input(path.name, sha256_of(path)), model, each_task.config) == 100
    moved = golden.set_column(0, "when", pc.add(golden["when"], pa.scalar(3600 * 10**6, pa.duration("us"))))
    pq.write_table(moved, path)
    with pytest.raises(DataError, match="must answer its 100 golden rows as it did then"):
        check(each_task.root, Input(path.name, sha256_of(path)), model, each_task.config)
