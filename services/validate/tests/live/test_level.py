import json

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from validate.live.level import Standing, gate_score, standing
from validate.live.metrics import LiveMetrics, fallen
from validate.measures.bootstrap import Interval
from validate.measures.scored_rows import ScoredRows

GATE = Interval(value=0.85, low=0.82, high=0.88)


def scored(rows, shift, seed=0, groups=None):
    """Rows of which positives score so many deviations higher."""
    rng = np.random.default_rng(seed)
    target = rng.integers(0, 2, rows)
    score = 1 / (1 + np.exp(-(rng.normal(size=rows) + shift * target)))
    return ScoredRows(target, np.column_stack([1 - score, score]), groups=groups)


def test_a_score_that_is_far_below_the_gates_is_an_alarm_with_its_numbers(project):
    found = standing(project.config, "roc_auc", scored(1000, 0.3), GATE)
    assert found.level == "alarm"
    assert found.gate == 0.85
    assert found.interval.low < found.interval.value < 0.7
    assert "0.8500 when the gate judged it: lower by 0." in found.text


def test_few_rows_are_no_alarm_however_low_their_score(project):
    found = standing(project.config, "roc_auc", scored(12, 0.3, seed=3), GATE)
    assert found.interval.value < 0.7
    assert found.level == "ok"
    assert "chance alone may give so much" in found.text


@pytest.mark.parametrize(
    ("metric", "rows"),
    [("roc_auc", 2), ("f1", 2), ("r2", 2), ("accuracy", 2), ("r2", 12), ("neg_log_loss", 3), ("matthews_corrcoef", 2)],
)
def test_a_day_of_hardly_any_rows_tells_nothing_whatever_its_score(project, metric, rows):
    project.configure("resamples = 99\n")
    regression = metric == "r2"
    for seed in range(20):
        drawn = scored(rows, 1.0, seed)
        drawn = ScoredRows(drawn.scores[:, 0], drawn.scores[:, 1]) if regression else drawn
        found = standing(project.config, metric, drawn, GATE)
        assert found.level == "unmeasured"
        assert "too few rows" in found.text


def rare(rows, seed):
    """One in ten is positive, and a model that seldom says so."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(size=rows) * 1.6 - 3
    score = 1 / (1 + np.exp(-logit))
    return ScoredRows((rng.random(rows) < score).astype(np.intp), np.column_stack([1 - score, score]))


@pytest.mark.parametrize("metric", ["recall", "f1", "precision"])
def test_that_none_of_a_few_positives_is_found_is_no_alarm_where_the_gate_found_a_few(project, metric):
    project.configure("resamples = 99\n")
    config = project.config
    gate = standing(config, metric, rare(3000, 0), GATE).interval
    found = [standing(config, metric, rare(60, 1 + seed), gate) for seed in range(80)]
    assert any(day.interval.high == 0 for day in found), "of no width, for none was found"
    assert sum(day.level == "alarm" for day in found) <= 4
    nothing = rare(2000, 0)
    silent = ScoredRows(nothing.target, np.tile([1.0, 0.0], (2000, 1)))
    assert metric == "precision" or standing(config, metric, silent, gate).level == "alarm"


def test_rows_of_few_groups_are_few_rows(project):
    groups = np.repeat(np.arange(5), 200).astype(np.uint64)
    alone = scored(1000, 0.3)
    assert standing(project.config, "roc_auc", alone, GATE).level == "alarm"
    together = ScoredRows(alone.target, alone.scores, groups=groups)
    interval = standing(project.config, "roc_auc", together, GATE).interval
    assert interval.high - interval.low > 0.05


def test_a_small_drop_is_no_alarm_however_sure_it_is(project):
    found = standing(project.config, "roc_auc", scored(50_000, 1.36), GATE)
    assert 0.8 < found.interval.value < 0.85
    assert (found.level, "not lower by more than gate.slice_margin 0.05" in found.text) == ("ok", True)


def test_what_has_no_interval_or_no_judgement_is_unmeasured(project):
    one_class = ScoredRows(np.zeros(50, np.intp), np.full((50, 2), 0.5))
    assert standing(project.config, "roc_auc", one_class, GATE).level == "unmeasured"
    assert standing(project.config, "roc_auc", scored(50, 1), None).level == "unmeasured"


def test_days_on_which_nothing_fell_are_seldom_an_alarm(project):
    project.configure("resamples = 99\n")
    config, alarms = project.config, 0
    for seed in range(150):
        gate = standing(config, "roc_auc", scored(500, 1.0, seed), GATE).interval
        alarms += standing(config, "roc_auc", scored(60, 1.0, 1000 + seed), gate).level == "alarm"
    assert alarms <= 5


def test_the_gates_score_is_that_of_the_first_judgement_of_this_very_model(project):
    champion = project.trained()
    assert project.validate() == 0
    found = gate_score(project.layout.ledger, champion, "roc_auc")
    (measure,) = [one for one in project.verdict()["measures"] if one["name"] == "roc_auc"]
    assert (found.value, found.low) == (measure["challenger"]["value"], measure["challenger"]["low"])
    project.process("2026-01-02", seed=7)
    fine = project.trained(quality="fine")
    assert project.validate() in (0, 80)
    assert gate_score(project.layout.ledger, champion, "roc_auc") == found
    assert gate_score(project.layout.ledger, fine, "roc_auc") != found
    assert gate_score(project.layout.ledger, champion, "no_such_metric") is None


def test_the_next_gate_names_the_day_on_which_the_champion_fell(project, capsys):
    champion = project.trained("2026-01-02", "good")
    assert project.validate() == 0
    upside_down = 1 - np.asarray(project.fitted("good").predict_proba(frame(project, "2026-01-03"))[:, 0])
    project.predicted("2026-01-03", champion, score=upside_down)
    project.trained("2026-01-03", "fine")
    project.validate(day="2026-01-03")
    live = json.loads(Dataset.open(project.layout.report("live", "2026-01-03")).file("live").read_text())
    assert live["standing"]["level"] == "alarm"
    assert project.verdict("2026-01-03")["live"].startswith(
        f"The live score of the champion ({champion.label}) fell far below the gate's: on 2026-01-03 roc_auc 0.0"
    )
    assert "far below the gate's" in capsys.readouterr().err
    notes = Dataset.open(project.layout.report("live", "2026-01-03")).manifest.notes
    assert notes["level"] == "alarm"
    page = Dataset.open(project.root / "reports/train/2026-01-03").file("page").read_text()
    assert "It is compared like any other champion" in page


def frame(project, day):
    table = pa.Table.from_batches(Dataset.open(project.layout.processed(day)).batches())
    return table.to_pandas()[["x", "word"]]


def test_other_models_and_days_of_earlier_versions_do_not_speak_of_the_champion(project):
    champion = project.trained("2026-01-02", "good")
    low = Standing(level="alarm", text="low")
    day = LiveMetrics(day="2026-01-01", model=champion.label, metric="r2", metrics={}, rows=1, predicted=1)
    assert fallen([day], champion) is None
    fell = msgspec.structs.replace(day, standing=low)
    assert "low" in fallen([fell], champion)
    assert "low" in fallen([msgspec.structs.replace(fell, sha256=champion.sha256)], champion)
    assert fallen([msgspec.structs.replace(fell, model="2025-12-31")], champion) is None


def test_without_a_registry_a_model_of_the_same_day_does_not_speak_of_the_champion(project):
    first = project.trained("2026-01-02", "bad")
    assert project.validate() == 0
    upside_down = 1 - np.asarray(project.fitted("good").predict_proba(frame(project, "2026-01-03"))[:, 0])
    project.predicted("2026-01-03", first, score=upside_down)
    assert project.run("monitor", "--day", "2026-01-03") == 0
    assert Dataset.open(project.layout.report("live", "2026-01-03")).manifest.notes["level"] == "alarm"
    second = project.trained("2026-01-02", "good")
    assert project.validate() == 0
    assert second.label == first.label
    project.configure("margin = 0.5\n")
    project.trained("2026-01-03", "fine")
    assert project.validate(day="2026-01-03") == 0
    assert project.verdict("2026-01-03")["live"] is None


def test_the_gates_score_of_a_file_that_answered_another_question_is_not_its_own(project):
    champion = project.trained()
    assert project.validate() == 0
    turned = msgspec.structs.replace(champion.trained_for, positive="yes")
    assert gate_score(project.layout.ledger, champion, "roc_auc") is not None
    other = msgspec.structs.replace(champion, trained_for=turned)
    assert gate_score(project.layout.ledger, other, "roc_auc") is None


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_every_task_has_a_standing(make_project, tmp_path, task):
    project = make_project(tmp_path, task)
    champion = project.trained("2026-01-02", "good")
    assert project.validate() == 0
    project.predicted("2026-01-03", champion)
    assert project.run("monitor", "--day", "2026-01-03") == 0
    live = json.loads(Dataset.open(project.layout.report("live", "2026-01-03")).file("live").read_text())
    assert live["standing"]["level"] in ("ok", "alarm")
    assert live["standing"]["interval"]["low"] < live["standing"]["interval"]["high"]
