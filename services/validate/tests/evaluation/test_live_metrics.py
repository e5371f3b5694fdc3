"""Labels come later: how good predictions turned out to be."""

import json

import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from contract.layout import Layout
from validate.evaluation.live_metrics import read_live_metrics


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
