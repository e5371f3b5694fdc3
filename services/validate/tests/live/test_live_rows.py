"""Which prediction belongs to which label, whatever the format, the classes and the keys."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from analysis.formulas import without_formulas
from analysis.predictions import CONTENT, content_hashes
from analysis.record.predicted_for import predicted_for
from contract.config.parse import parse
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.layout import Layout
from contract.models.champion import Champion
from validate.live.metrics import measure
from validate.live.rows import CannotJoin, join

DAY = "2026-01-02"
LAYOUT = Layout(Path("/nowhere"))
CHAMPION = Champion(day="2026-01-01", file="m", sha256="a" * 64, manifest="b" * 64, sklearn="1.9.1")
WORDS = [
    ("00", "01"),
    ("0.0", "1.0"),
    ("False", "True"),
    ("-1", "+1"),
    ("=a", "'=a"),
    ("nan", "NULL"),
    ("2026-01-01", "2026-01-02"),
    ("1e5", "100000"),
    ("two\nlines", 'a "word"'),
]


def config_of(classes=("no", "yes"), key="id", task="binary"):
    target = {"type": "category", "values": list(classes)} if classes else {"type": "number"}
    table = {"target": "y", "task": task, **({"key": key} if key else {}), "missing_values": [""]}
    if task == "binary":
        table["positive"] = classes[1]
    estimator = {"name": "linear", "estimator": "sklearn.linear_model.LogisticRegression"}
    return parse(
        {
            "source": {"kind": "files"},
            "table": table,
            "columns": {"x": {"type": "number"}, "word": {"type": "category"}, "y": target},
            "training": {"candidates": [estimator]},
            "schedule": {"first_day": "2026-01-01"},
        }
    )


@pytest.fixture
def written(tmp_path):
    """Writes a day's processed rows and its predictions; gives both."""

    def write(config, keys, target, prediction, *, form="csv", predicted_keys=None, x=None, **scores):
        x = x or list(range(len(keys)))
        rows = pa.table({config.key: keys, "x": pa.array(x, pa.float64()), "word": ["a"] * len(keys), "y": target})
        processed = process(tmp_path, rows)
        predictions = pa.table({config.key: predicted_keys or keys, "prediction": prediction, **scores})
        notes = {"champion": msgspec.to_builtins(CHAMPION)}
        with DatasetWriter(tmp_path / "predictions" / DAY, form=form) as writer:
            writer.write(without_formulas(predictions) if form == "csv" else predictions)
            if config.table.key is None:
                (batch,) = processed.batches()
                writer.write(pa.table({CONTENT: content_hashes(batch, ["x", "word"])}), role=CONTENT)
                notes[CONTENT] = ["x", "word"]
            recipe = Recipe("predict", DAY, "c0de", predicted_for(config), (processed.as_input(tmp_path),))
            writer.publish(recipe, {}, {}, notes)
        return Dataset.open(tmp_path / "predictions" / DAY), processed

    return write


def process(root, rows):
    with DatasetWriter(root / "processed" / DAY) as writer:
        writer.write(rows)
        writer.publish(Recipe("preprocess", DAY, "c0de", {"rows": rows.to_pydict()}), {}, {})
    return Dataset.open(root / "processed" / DAY)


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("classes", WORDS)
def test_a_class_is_the_word_that_was_predicted_however_it_looks(written, classes, form):
    config = config_of(classes)
    target = [classes[n % 2] for n in range(8)]
    scores = [float(n % 2) for n in range(8)]
    keys = [f"c{n}" for n in range(8)]
    live = measure(LAYOUT, *written(config, keys, target, target, form=form, score=scores), config)
    assert (live.rows, live.metrics["accuracy"], live.why) == (8, 1.0, None)


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    "keys",
    [
        ("007", "7"),
        ("1", "true"),
        ("2026-01-02", "20260102"),
        ("1.5", "1.50000000000000001"),
        ("=1", "'=1"),
        ("1e5", "5"),
    ],
)
def test_a_key_is_the_text_that_it_was_written_as(written, keys, form):
    config = config_of()
    scored = join(
        *written(config, list(keys), ["no", "yes"], ["yes", "yes"], predicted_keys=list(keys)[::-1], score=[0.9, 0.8],
                 form=form),
        config,
    )  # fmt: skip
    assert scored.target.tolist() == [1, 0]
    assert scored.scores[:, 1].tolist() == [0.9, 0.8]


def test_the_numbers_of_a_csv_are_those_of_the_parquet(written):
    config = config_of(None, task="regression")
    values = [0.1 + 0.2, -0.0, 1e-300, 12345678.9, 3.0]
    keys = [f"c{n}" for n in range(5)]
    csv, parquet = (join(*written(config, keys, values, values, form=form), config) for form in ("csv", "parquet"))
    assert csv.scores.tolist() == parquet.scores.tolist() == values


@pytest.mark.parametrize("key", ["content", "rows", "x_key", "target"])
def test_a_key_may_have_any_name(written, key):
    config = config_of(key=key)
    both = written(config, ["a", "b", "c"], ["no", "yes", "no"], ["no", "yes", "yes"], score=[0.1, 0.9, 0.6])
    assert join(*both, config).target.tolist() == [0, 1, 0]


def test_labels_that_fit_no_prediction_are_named_with_keys_of_both_sides(written):
    config = config_of()
    both = written(config, ["0300001", "0300002"], ["no", "yes"], ["no", "no"], predicted_keys=["300001", "300002"],
                   score=[0.1, 0.2])  # fmt: skip
    live = measure(LAYOUT, *both, config)
    assert (live.rows, live.value, live.model) == (0, None, "2026-01-01")
    assert "none of its 2 rows has a label by 'id': predictions have '300001', '300002'" in live.why
    assert "the 2 labelled rows of processed/2026-01-02 have '0300001', '0300002'" in live.why


def test_rows_without_any_label_are_said_to_have_none(written):
    config = config_of()
    both = written(config, ["a"], pa.array([None], pa.string()), ["no"], score=[0.1])
    with pytest.raises(CannotJoin, match="none of its 1 rows has a label"):
        join(*both, config)


def test_numbered_rows_are_joined_while_they_are_those_that_were_predicted(written, tmp_path):
    config = config_of(key=None)
    keys = [f"{DAY}-{n}" for n in (1, 2, 3)]
    predictions, rows = written(config, keys, ["no", "yes", "no"], ["no", "yes", "no"], score=[0.1, 0.9, 0.2])
    assert join(predictions, rows, config).target.tolist() == [0, 1, 0]
    # a row is rejected for its label, the rest have theirs, and the words lie as a dictionary now
    words = pa.array(["a", "a"]).dictionary_encode()
    labelled = pa.table({"row_key": keys[1:], "x": [1.0, 2.0], "word": words, "y": ["no", "no"]})
    scored = join(predictions, process(tmp_path, labelled), config)
    assert (scored.target.tolist(), scored.scores[:, 1].tolist()) == ([0, 0], [0.9, 0.2])


def test_numbered_rows_that_are_others_by_now_are_not_joined_by_their_number(written, tmp_path):
    config = config_of(key=None)
    keys = [f"{DAY}-{n}" for n in (1, 2, 3)]
    predictions, _ = written(config, keys, ["no", "yes", "no"], ["no", "yes", "no"], score=[0.1, 0.9, 0.2])
    others = pa.table({"row_key": keys, "x": [7.0, 0.0, 2.0], "word": ["a", "a", "a"], "y": ["no", "no", "yes"]})
    live = measure(LAYOUT, predictions, process(tmp_path, others), config)
    assert "was made of other rows: 2 of 3 numbers are those of another row in processed/2026-01-02" in live.why
    assert "run predict --day 2026-01-02" in live.why
    assert "set table.key" in live.why


def test_numbered_rows_of_which_nothing_was_noted_are_joined_only_as_long_as_nothing_was_written_since(
    written, tmp_path
):
    config = config_of(key=None)
    keys = [f"{DAY}-{n}" for n in (1, 2)]
    predictions, rows = written(config, keys, ["no", "yes"], ["no", "yes"], score=[0.1, 0.9])
    del predictions.manifest.notes[CONTENT]
    assert len(join(predictions, rows, config).target) == 2
    same = pa.table({"row_key": keys, "x": [0.0, 1.0], "word": ["a", "a"], "y": ["yes", "yes"]})
    with pytest.raises(CannotJoin, match="nothing tells whether those of processed/2026-01-02, written again since"):
        join(predictions, process(tmp_path, same), config)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (config_of(("yes", "no")), "was predicted with table.positive yes, pipeline.toml has no"),
        (config_of(key="other"), "was predicted with table.key id, pipeline.toml has other"),
        (config_of(("maybe", "yes")), "was predicted with the classes no, yes, columns.y.values has maybe, yes"),
    ],
)
def test_predictions_of_another_question_are_not_judged_by_its_labels(written, asked, reason):
    config = config_of()
    live = measure(LAYOUT, *written(config, ["a", "b"], ["no", "yes"], ["no", "yes"], score=[0.1, 0.9]), asked)
    assert (live.rows, live.value, live.refused) == (0, None, True)
    assert reason in live.why


def test_predictions_without_scores_say_so(written):
    config = config_of()
    live = measure(LAYOUT, *written(config, ["a"], ["no"], ["no"]), config)
    assert "has no scores (score), as the model has no predict_proba" in live.why


def test_a_label_of_a_class_that_the_configuration_lacks_is_named(written):
    config = config_of()
    live = measure(LAYOUT, *written(config, ["a", "b"], ["no", "perhaps"], ["no", "no"], score=[0.1, 0.9]), config)
    assert "processed/2026-01-02: has the class 'perhaps', which columns.y.values lacks, got no, yes" in live.why
