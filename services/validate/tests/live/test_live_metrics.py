"""Labels come later: how good predictions turned out to be."""

import json
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pytest

import validate
from analysis.record.trained_for import record
from contract.datasets.dataset import Dataset
from contract.layout import Layout
from contract.steps.run import Run
from validate.live.metrics import read_live_metrics
from validate.live_work import update_live_metrics


def live(project, day="2026-01-02"):
    return json.loads(Dataset.open(project.root / "reports/live" / day).file("live").read_text())


def without_target(project, day):
    table = project.columns(seed=int(day[-2:]) - 1)
    del table["y"]
    project.process(day, table)


def test_the_live_metric_is_that_of_the_predictions(each_task):
    champion = each_task.trained("2026-01-01", version="3")
    each_task.predicted("2026-01-02", champion)
    assert each_task.run("monitor", "--day", "2026-01-02") == 0
    metrics = live(each_task)
    assert (metrics["day"], metrics["model"], metrics["rows"], metrics["predicted"]) == (
        "2026-01-02",
        "2026-01-01 v3",
        100,
        100,
    )
    least = {"binary": 0.85, "multiclass": -0.9, "regression": 0.6}[each_task.task]
    assert metrics["metrics"][metrics["metric"]] > least


def test_rows_are_found_by_their_key_whatever_their_order_and_some_may_be_missing(project):
    champion = project.trained("2026-01-01")
    project.predicted("2026-01-02", champion)
    project.run("monitor", "--day", "2026-01-02")
    whole = live(project)
    project.predicted("2026-01-02", champion, keep=slice(None, None, -1))
    project.run("monitor", "--day", "2026-01-02")
    assert live(project)["metrics"] == pytest.approx(whole["metrics"])
    project.predicted("2026-01-02", champion, keep=slice(0, 40))
    project.run("monitor", "--day", "2026-01-02")
    assert live(project)["rows"] == 40


def test_before_the_target_is_there_nothing_is_told_and_afterwards_the_next_validation_does_it(project, capsys):
    without_target(project, "2026-01-03")
    champion = project.trained("2026-01-02")
    project.predicted("2026-01-03", champion)
    assert project.run("monitor", "--day", "2026-01-03") == 66
    assert "'y' is not known yet" in capsys.readouterr().err
    assert project.validate() == 0
    assert read_live_metrics(Layout(project.root), "2026-01-03") == []
    project.process("2026-01-03", seed=2)
    assert project.validate(day="2026-01-02") == 0
    assert read_live_metrics(Layout(project.root), "2026-01-03") == [], (
        "a day later than the run's own is not looked at"
    )
    project.trained("2026-01-03")
    project.validate(day="2026-01-03")
    assert [metrics.day for metrics in read_live_metrics(Layout(project.root), "2026-01-03")] == ["2026-01-03"]
    (file,) = Dataset.open(project.root / "reports/train/2026-01-03").manifest.named("page")
    assert "How good predictions turned out" in (project.root / "reports/train/2026-01-03" / file.path).read_text()


def test_a_second_look_is_up_to_date_and_other_labels_are_looked_at_again(project, capsys):
    champion = project.trained("2026-01-01")
    project.predicted("2026-01-02", champion)
    project.run("monitor", "--day", "2026-01-02")
    first = live(project)
    assert project.run("monitor", "--day", "2026-01-02") == 0
    assert "reports/live/2026-01-02: up to date" in capsys.readouterr().err
    table = project.columns(seed=1)
    table["y"] = pa.array([{"no": "yes", "yes": "no"}[word] for word in table["y"].to_pylist()])
    project.process("2026-01-02", table)
    project.run("monitor", "--day", "2026-01-02")
    assert live(project)["metrics"]["roc_auc"] == pytest.approx(1 - first["metrics"]["roc_auc"])


def test_a_day_that_was_never_predicted_is_a_missing_input(project, capsys):
    assert project.run("monitor", "--day", "2026-01-02") == 66
    assert "no predictions of this day; run predict --day 2026-01-02 first" in capsys.readouterr().err


def trained_on_it(project, days=("2026-01-01", "2026-01-02"), held_out=(), **table):
    """A later model that was trained on the predicted day."""
    config = project.config
    config = msgspec.structs.replace(config, table=msgspec.structs.replace(config.table, **table))
    model = project.trained("2026-01-03")
    read = [Dataset.open(project.layout.processed(day)) for day in days]
    return msgspec.structs.replace(model, trained_for=record(config, list(days), list(held_out), read))


def with_noise(project, day):
    """A day whose train part has right labels, and whose test part has noise."""
    table = project.columns(seed=int(day[-2:]) - 1)
    test = np.array(table["split"].to_pylist()) == "test"
    noise = np.random.default_rng(3).permutation(table["y"].to_pylist())
    table["y"] = pa.array(np.where(test, noise, table["y"].to_pylist()))
    project.process(day, table)


def test_on_a_day_that_the_model_was_trained_on_the_test_part_alone_counts(project, capsys):
    """Pure noise had been told as 0.974: the rows were known by heart."""
    with_noise(project, "2026-01-02")
    project.predicted("2026-01-02", trained_on_it(project))
    assert project.run("monitor", "--day", "2026-01-02") == 0
    told = live(project)
    assert (told["part"], told["rows"], told["predicted"]) == ("test", 50, 100)
    assert told["why"] == "the model was trained on the other rows of 2026-01-02"
    assert told["metrics"]["roc_auc"] == pytest.approx(0.5, abs=0.2)
    assert "on 50 rows of the test part, for the model was trained on this day" in capsys.readouterr().err


@pytest.mark.parametrize("day", ["2026-01-02", "2026-01-03"], ids=["held out", "after the training"])
def test_on_a_day_of_which_the_model_knows_nothing_all_rows_count(project, day):
    model = project.trained("2026-01-02", held_out=1)
    project.predicted(day, model)
    assert project.run("monitor", "--day", day) == 0
    assert (live(project, day)["part"], live(project, day)["rows"]) == ("all", 100)


def test_a_day_that_was_split_otherwise_at_the_training_is_not_measured(project, capsys):
    project.predicted("2026-01-02", trained_on_it(project, test_fraction=0.1))
    assert project.run("monitor", "--day", "2026-01-02") == 0
    told = live(project)
    assert (told["part"], told["rows"], told["metrics"]["roc_auc"]) == ("none", 0, None)
    assert "when rows were split by 2 features, test_fraction 0.1; pipeline.toml splits" in told["why"]
    assert "predictions/2026-01-02 by 2026-01-03: not measured: the model was trained on" in capsys.readouterr().err
    project.trained("2026-01-03")
    assert project.validate(day="2026-01-03") == 0
    index = (project.root / "reports/index.html").read_text()
    assert "not measured: the model was trained on 2026-01-02" in index
    (page,) = (project.root / "reports/train/2026-01-03").glob("report-*.html")
    assert "not measured: the model was trained on 2026-01-02" in page.read_text()


def test_predictions_of_another_target_are_not_measured_by_this_one(project):
    model = project.trained("2026-01-01")
    about = msgspec.structs.replace(model.trained_for, target="left")
    project.predicted("2026-01-02", msgspec.structs.replace(model, trained_for=about))
    assert project.run("monitor", "--day", "2026-01-02") == 65
    assert live(project)["why"].startswith("the model was trained for the target left")
    assert live(project)["metrics"]["roc_auc"] is None


def made_for(project, day, **table):
    """A processed day as preprocess made it by other settings."""
    config = project.config
    columns = [{"name": name, **msgspec.to_builtins(column)} for name, column in config.columns.items()]
    settings = {"table": msgspec.to_builtins(config.table) | table, "columns": columns}
    project.process(day, seed=int(day[-2:]) - 1, settings=settings)


def test_a_day_that_was_processed_for_something_else_is_refused_by_hand_and_told_of_by_a_validation(project, capsys):
    project.predicted("2026-01-01", project.trained("2026-01-01"))
    made_for(project, "2026-01-01", positive="yes")
    assert project.run("monitor", "--day", "2026-01-01") == 65
    assert "preprocess --day 2026-01-01" in capsys.readouterr().err
    project.trained("2026-01-03")
    assert project.validate(day="2026-01-03") == 0
    assert (
        "processed/2026-01-01 was made with table.positive yes, pipeline.toml has no"
        in live(project, "2026-01-01")["why"]
    )
    made_for(project, "2026-01-01")
    assert project.run("monitor", "--day", "2026-01-01") == 0


def test_an_edit_that_a_measured_day_does_not_fit_any_more_takes_its_scores_back_until_it_is_processed_anew(project):
    project.predicted("2026-01-02", project.trained("2026-01-01"))
    made_for(project, "2026-01-02")
    assert project.run("monitor", "--day", "2026-01-02") == 0
    measured = live(project, "2026-01-02")
    path = project.root / "pipeline.toml"
    before = path.read_text()
    # a slice that no model sees: neither the question nor the split is another one
    slices = 'min_test_rows = 10\nslices = ["town"]\n[columns.town]\ntype = "category"\nrole = "ignore"\n'
    path.write_text(before.replace("min_test_rows = 10\n", slices))
    assert project.run("monitor", "--day", "2026-01-02") == 65
    assert "was made with columns.town.type none, pipeline.toml has category" in live(project, "2026-01-02")["why"]
    path.write_text(before)
    assert project.run("monitor", "--day", "2026-01-02") == 0
    assert live(project, "2026-01-02") == measured


def test_labels_that_come_later_than_two_months_are_still_waited_for(project):
    path = project.root / "pipeline.toml"
    path.write_text(path.read_text().replace("window_days = 2", "window_days = 2\ntarget_delay_days = 61"))
    project.predicted("2026-01-02", project.trained("2026-03-04"))
    assert project.validate(day="2026-03-04") == 0
    assert [metrics.day for metrics in read_live_metrics(Layout(project.root), "2026-03-04")] == ["2026-01-02"]


def test_a_validation_finds_many_measured_days_without_opening_their_rows(project, monkeypatch):
    model = project.trained("2026-01-02")
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        project.predicted(day, model)
    run = open_run(project, "2026-01-03")
    update_live_metrics(run)
    monkeypatch.setattr(Dataset, "batches", None)
    update_live_metrics(run)


def open_run(project, day):
    package = Path(validate.__file__).parent
    return Run("validate", package, date.fromisoformat(day), project.root, project.config)
