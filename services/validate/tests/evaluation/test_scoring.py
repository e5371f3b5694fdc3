import tracemalloc

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from analysis.rows import Categorical, classes
from contract.datasets.dataset import Dataset
from validate.evaluation import scoring
from validate.evaluation.models import CannotCompare
from validate.evaluation.sample import Sample
from validate.evaluation.scoring import MISSING, score, score_distribution, threshold_of
from validate.measures.scored_rows import ScoredRows


def days(project, *names):
    return [Dataset.open(project.root / "processed" / name) for name in names or ("2026-01-01", "2026-01-02")]


def test_only_labelled_test_rows_are_scored_in_their_order(each_task):
    table = each_task.columns(seed=0)
    labels = [None if row % 10 == 0 else value for row, value in enumerate(table["y"].to_pylist())]
    table["y"] = pa.array(labels)
    each_task.process("2026-01-01", table)
    scored = score(each_task.fitted("good"), days(each_task), each_task.config, "it")
    known = classes(each_task.config)
    expected = [value for row, value in enumerate(labels) if row % 2 == 0 and value is not None]
    expected += each_task.columns(seed=1)["y"].to_pylist()[::2]
    assert [known[code] for code in scored.target] == expected if known else scored.target.tolist() == expected
    assert scored.scores.shape == ((90, len(known)) if known else (90,))


def test_the_positive_class_comes_last_and_the_others_as_configured(each_task):
    assert (
        classes(each_task.config)
        == {"binary": ["yes", "no"], "multiclass": ["red", "blue", "green"], "regression": []}[each_task.task]
    )


def test_probabilities_stand_in_the_order_of_the_classes(project):
    model = project.fitted("good")
    scored = score(model, days(project, "2026-01-01"), project.config, "it")
    assert model.classes_.tolist() == ["no", "yes"]
    predicted = scored.scores.argmax(axis=1)
    assert np.mean(predicted == scored.target) > 0.7


def test_a_class_that_the_model_never_saw_has_no_probability(project, tmp_path):
    colours = type(project)(tmp_path / "colours", "multiclass")
    colours.root.mkdir()
    colours.configure()
    colours.process("2026-01-01")
    model = project.fitted("good")
    model["estimate"].classes_ = np.array(["blue", "red"], dtype=object)
    scored = score(model, days(colours, "2026-01-01"), colours.config, "it")
    assert scored.scores.sum(axis=1) == pytest.approx(1)
    assert (scored.scores[:, classes(colours.config).index("green")] == 0).all()


def test_a_class_that_the_configuration_lacks_is_refused(project):
    model = project.fitted("good")
    model["estimate"].classes_ = np.array(["maybe", "yes"], dtype=object)
    with pytest.raises(CannotCompare, match="it knows the class 'maybe'"):
        score(model, days(project), project.config, "it")


def test_a_column_that_the_rows_lack_cannot_be_compared(project):
    table = project.columns(seed=0)
    del table["word"]
    project.process("2026-01-01", table)
    with pytest.raises(CannotCompare, match="it was trained on word, which processed/2026-01-01 lacks"):
        score(project.fitted("good"), days(project), project.config, "it")


def test_a_column_of_another_type_cannot_be_compared(project):
    for day in ("2026-01-01", "2026-01-02"):
        table = project.columns(seed=0)
        table["x"] = table["word"]
        project.process(day, table)
    with pytest.raises(CannotCompare, match="it cannot score these rows"):
        score(project.fitted("good"), days(project), project.config, "it")


def test_memory_does_not_grow_with_the_features_of_all_rows(project):
    wide = {name: values for name, values in project.columns(rows=400_000).items() if name != "row_key"}
    project.process("2026-01-01", wide)
    model, opened = project.fitted("good"), days(project, "2026-01-01")
    tracemalloc.start()
    scored = score(model, opened, project.config, "it")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    kept = scored.target.nbytes + scored.scores.nbytes + scored.groups.nbytes
    assert len(scored.target) == 200_000
    # twice: the pieces and what they are joined to; beside them one batch of 131,072 rows
    assert peak < 2 * kept + 16_000_000


def test_each_row_says_of_which_group_it_is_and_the_sample_sees_the_rows_stream_by(project):
    sample = Sample(20)
    scored = score(project.fitted("good"), days(project), project.config, "it", sample=sample)
    assert scored.groups.tolist() == [1000 * seed + row for seed in (0, 1) for row in range(0, 100, 2)]
    rows = sample.table()
    assert rows.num_rows == 20
    assert set(rows.column("_group").to_pylist()) <= set(scored.groups.tolist())
    assert {"x", "word", "y"} <= set(rows.column_names)


def test_scores_are_kept_as_the_distribution_of_a_column_of_predictions(each_task):
    scored = score(each_task.fitted("good"), days(each_task), each_task.config, "it")
    distribution = score_distribution(scored, each_task.config)
    assert distribution.name == {"binary": "score"}.get(each_task.task, "prediction")
    assert sum(distribution.counts) == 100


def test_two_classes_of_a_multiclass_task_have_no_column_score_so_that_what_is_predicted_is_watched(project):
    table = msgspec.structs.replace(project.config.table, task="multiclass", positive=None)
    config = msgspec.structs.replace(project.config, table=table)
    scored = ScoredRows(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]))
    distribution = score_distribution(scored, config)
    assert (distribution.name, sum(distribution.counts)) == ("prediction", 3)


def test_a_threshold_is_of_the_class_that_was_positive_in_training():
    rows, target = np.arange(20).reshape(-1, 1), np.array(["no", "yes"] * 10, dtype=object)
    estimator = FixedThresholdClassifier(LogisticRegression(), threshold=0.9, pos_label="no")
    model = Pipeline([("estimate", estimator)]).fit(rows, target)
    assert threshold_of(model, ["yes", "no"]) == 0.9
    with pytest.raises(CannotCompare, match="its threshold is for the class no, table.positive is yes"):
        threshold_of(model, ["no", "yes"])


def test_a_word_that_reads_like_the_mark_of_a_missing_value_is_a_slice_of_its_own():
    column = Categorical(np.array([0, 1, -1, 1], np.int32), [MISSING, "a"])
    assert scoring._slice_categories(column).tolist() == [f"'{MISSING}'", "a", MISSING, "a"]
