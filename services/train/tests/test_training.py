"""The step as it is run: what it writes, and how it ends."""

import json
import os
import subprocess
import sys

import joblib
import msgspec
import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import accuracy_score, r2_score

from analysis.matrix import frame as frame_of
from analysis.record.trained_for import record
from analysis.rows import columns
from contract.datasets.dataset import Dataset
from contract.models.champion import Champion

DAYS = ["2026-01-01", "2026-01-02"]


def opened(project, day="2026-01-02"):
    return joblib.load(Dataset.open(project.root / "models" / day).file("model"))


def frame(table):
    (batch,) = pa.table(table).combine_chunks().to_batches()
    return frame_of(columns(batch, ["x", "n", "word"]))


def test_the_model_tells_unseen_rows_apart_and_asks_for_the_features_by_name(each_task):
    assert each_task.train() == 0
    model, unseen = opened(each_task), each_task.columns(seed=9)
    assert list(model.feature_names_in_) == ["x", "n", "word"]
    predicted = model.predict(frame(unseen))
    if each_task.task == "regression":
        assert r2_score(unseen["y"].to_pylist(), predicted) > 0.4
    else:
        assert accuracy_score(unseen["y"].to_pylist(), predicted) > {"binary": 0.7, "multiclass": 0.5}[each_task.task]
        assert (
            model.classes_.tolist() == {"binary": ["no", "yes"], "multiclass": ["blue", "green", "red"]}[each_task.task]
        )
        assert model.predict_proba(frame(unseen)).sum(axis=1) == pytest.approx(1)


def test_the_card_and_the_manifest_say_what_was_trained_on_what(each_task):
    assert each_task.train() == 0
    dataset = Dataset.open(each_task.root / "models" / "2026-01-02")
    card, manifest = json.loads(dataset.file("card").read_text()), dataset.manifest
    metric = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}[each_task.task]
    assert card["features"] == {"x": "number", "n": "integer", "word": "category"}
    assert (card["task"], card["metric"]) == (each_task.task, metric)
    assert card["window"] == {
        "first": "2026-01-01",
        "last": "2026-01-02",
        "rows_by_day": {"2026-01-01": 96, "2026-01-02": 96},
        "left_out": {},
    }
    means = {name: candidate["mean"] for name, candidate in card["candidates"].items()}
    assert (
        means[card["chosen"]]
        == max(means.values())
        == pytest.approx(np.mean(card["candidates"][card["chosen"]]["folds"]))
    )
    days = [Dataset.open(each_task.root / "processed" / day) for day in DAYS]
    assert manifest.notes == {
        "chosen": card["chosen"],
        "metric": metric,
        "cv": means[card["chosen"]],
        "baseline": card["baseline"],
        "sklearn": card["libraries"]["scikit-learn"],
        "trained_for": msgspec.json.decode(msgspec.json.encode(record(each_task.config, DAYS, [], days))),
    }
    assert card["held_out"]["days"] == []
    assert manifest.counts == {
        "rows_in": 192,
        "rows": 192,
        "days": 2,
        "rows_by_day": {"2026-01-01": 96, "2026-01-02": 96},
    }
    assert [dataset.path for dataset in manifest.inputs] == ["processed/2026-01-01", "processed/2026-01-02"]
    assert Champion.of("models/2026-01-02", manifest).file.startswith("models/2026-01-02/model-")
    assert set(manifest.run["seconds"]["candidates"]) == {"first", "trees"}
    assert manifest.run["observed"] == {}  # nothing but its inputs


def test_rows_of_the_test_part_and_rows_without_target_never_train(project):
    spoilt = project.columns(seed=0)
    test = np.array(spoilt["split"].to_pylist()) == "test"
    spoilt["x"] = pa.array(np.where(test, 1e6, spoilt["x"].fill_null(0)))
    spoilt["y"] = pa.array([None if row % 10 == 1 else word for row, word in enumerate(spoilt["y"].to_pylist())])
    project.process("2026-01-01", spoilt)
    project.configure(params="{ C = 1.0 }", pair=False)
    assert project.train() == 0
    assert Dataset.open(project.root / "models/2026-01-02").manifest.counts["rows_by_day"] == {
        "2026-01-01": 84,
        "2026-01-02": 96,
    }
    scaler = opened(project)["prepare"].named_transformers_["numbers"].estimator["standardscaler"]
    assert abs(scaler.mean_[0]) < 1


def test_with_force_the_same_files_come_out_whatever_hash_seed_time_zone_and_locale(project):
    assert project.train() == 0
    before = {name: content for name, content in project.snapshot().items() if not name.endswith("manifest.json")}
    identity = Dataset.open(project.root / "models/2026-01-02").manifest.identity
    command = [sys.executable, "-m", "train", "--day", "2026-01-02", "--force", "--data-root", str(project.root)]
    surroundings = {"PYTHONHASHSEED": "12345", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "3"}
    subprocess.run(
        [*command, "--config", str(project.root / "pipeline.toml")], check=True, env=os.environ | surroundings
    )
    assert {
        name: content for name, content in project.snapshot().items() if not name.endswith("manifest.json")
    } == before
    assert Dataset.open(project.root / "models/2026-01-02").manifest.identity == identity


def test_the_file_opens_where_our_code_is_not(project, tmp_path):
    assert project.train() == 0
    path = Dataset.open(project.root / "models/2026-01-02").file("model")
    program = "import sys, joblib; joblib.load(sys.argv[1]); sys.exit(any(n.split('.')[0] in ('train', 'contract') for n in sys.modules))"
    subprocess.run(
        [sys.executable, "-c", program, str(path)], check=True, cwd=tmp_path, env={"PATH": os.environ["PATH"]}
    )


def test_a_single_class_is_refused(project, refuse):
    for seed, day in enumerate(("2026-01-01", "2026-01-02")):
        table = project.columns(seed=seed)
        table["y"] = pa.array(["no"] * len(table["y"]))
        project.process(day, table)
    refuse(65, "the train rows of 2 days", "'y' must have at least two values, got only 'no'")


def test_a_class_that_not_every_fold_can_have_is_refused(project, refuse):
    table = project.columns(seed=0)
    table["y"] = pa.array(["yes" if row == 1 else "no" for row in range(len(table["y"]))])
    project.process("2026-01-02", table)
    project.configure(days=1)
    refuse(65, "each class at least 3 times", "got 'yes' 1 times", "lower training.folds")


def test_fewer_rows_than_folds_are_refused(project, refuse):
    project.process("2026-01-02", rows=7)
    project.configure(days=1, folds=4)
    refuse(65, "must be at least 8 (two per training.folds), got 5")


def test_days_of_a_version_that_wrote_no_groups_are_refused(project, refuse):
    table = project.columns(seed=0)
    del table["_group"]
    project.process("2026-01-02", table)
    refuse(65, "did not record the entity of each row", "make it again: preprocess --day 2026-01-02")


def test_a_damaged_part_is_refused(project, refuse):
    (part,) = (project.root / "processed/2026-01-02").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-10])
    refuse(65, "must have", "bytes by its manifest")


def test_features_without_any_value_are_refused(project, refuse):
    for day in ("2026-01-01", "2026-01-02"):
        project.process(day, missing=1.1)
    refuse(65, "at least one feature must have a value, got none in x, n, word")


def test_an_unknown_estimator_is_a_wrong_configuration(project, refuse):
    project.configure(estimator="sklearn.linear_model.LogisticRegresion")
    refuse(78, "'first'.estimator", "did you mean 'sklearn.linear_model.LogisticRegression'?")


def test_an_unknown_metric_is_a_wrong_configuration(project, refuse):
    project.configure(metric="roc_acu")
    refuse(78, "training.metric", "'roc_acu'; did you mean 'roc_auc'?")


def test_an_estimator_that_cannot_take_these_rows_is_a_wrong_configuration(project, refuse):
    project.configure(
        estimator="sklearn.linear_model.LogisticRegression", params='{ solver = "liblinear", penalty = "elasticnet" }'
    )
    refuse(78, "'first' cannot be fitted on these rows")


def test_a_registry_that_does_not_answer_is_found_out_before_the_fits(project, refuse, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    refuse(69, "http://127.0.0.1:9 does not answer")


def test_columns_without_a_value_and_constant_columns_do_no_harm(each_task):
    for seed, day in enumerate(("2026-01-01", "2026-01-02")):
        table = each_task.columns(seed=seed)
        rows = len(table["y"])
        table["n"] = pa.array([None] * rows, pa.int64())
        table["word"] = pa.array([None] * rows, pa.string()).dictionary_encode()
        table["x"] = pa.array([1.0] * 10 + table["x"].to_pylist()[10:])
        each_task.process(day, table)
    assert each_task.train() == 0
    model = opened(each_task)
    filled = each_task.columns(seed=5, missing=0)
    assert len(model.predict(frame(filled))) == len(filled["y"])
