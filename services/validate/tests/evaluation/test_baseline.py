"""What needs no model, from what train recorded to the verdict."""

import numpy as np
import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from validate.evaluation.baseline import best_baseline
from validate.evaluation.judged_rows import JudgedRows
from validate.evaluation.scoring import score

RECORDED = {
    "binary": {"priors": {"no": 0.25, "yes": 0.75}},
    "multiclass": {"priors": {"red": 0.5, "blue": 0.3, "green": 0.2}},
    "regression": {"constants": {"mean": 0.1, "median": 0.0}},
}


def rules(project, day="2026-01-02"):
    return {rule["name"]: rule for rule in project.verdict(day)["rules"]}


def test_a_model_that_says_the_same_of_every_row_is_refused_and_one_that_knows_something_is_not(each_task):
    recorded = RECORDED[each_task.task]
    each_task.trained("2026-01-02", "bad", baseline=recorded)
    assert each_task.validate() == 80
    assert each_task.verdict()["decision"] == "refused"
    assert rules(each_task)["baseline"]["verdict"] == "failed"
    each_task.trained("2026-01-03", "good", baseline=recorded)
    assert each_task.validate(day="2026-01-03") == 0
    verdict = each_task.verdict("2026-01-03")
    assert rules(each_task, "2026-01-03")["baseline"]["verdict"] == "passed"
    metric = verdict["metric"]
    assert verdict["baseline"]["metrics"][metric] < verdict["challenger"]["metrics"][metric]
    assert verdict["baseline"]["lift"]["low"] > verdict["baseline"]["least"]


def test_the_baselines_scores_are_those_of_its_constants(project):
    project.trained(baseline=RECORDED["binary"])
    assert project.validate() == 0
    scores, rows = project.verdict()["baseline"]["metrics"], [project.columns(seed=seed) for seed in (0, 1)]
    positive = np.concatenate([np.array(table["y"].to_pylist())[::2] == "no" for table in rows])
    assert scores["roc_auc"] == 0.5
    assert scores["average_precision"] == pytest.approx(positive.mean())
    assert scores["accuracy"] == pytest.approx(1 - positive.mean())
    assert scores["neg_log_loss"] == pytest.approx(np.log(np.where(positive, 0.25, 0.75)).mean())
    page = Dataset.open(project.root / "reports/train/2026-01-02").file("page").read_text()
    assert '<th class="n">baseline</th>' in page
    assert "Baseline, which needs no model: always the training" in page


def test_it_can_be_switched_off_and_its_least_lift_is_a_setting(project):
    project.configure('baseline = "off"\n')
    project.trained("2026-01-02", "bad", baseline=RECORDED["binary"])
    assert project.validate() == 0
    assert "baseline" not in rules(project)
    assert project.verdict()["baseline"] is None
    project.configure("min_lift = 0.99\n")
    assert project.validate() == 80
    assert "misses gate.min_lift 0.99" in rules(project)["baseline"]["text"]


def test_a_model_of_an_earlier_version_is_judged_without_one_and_words_say_so(project):
    project.trained()
    assert project.validate() == 0
    assert rules(project)["baseline"]["verdict"] == "unjudged"
    assert "no baseline is on record" in rules(project)["baseline"]["text"]


def grouped(project, days):
    """Rows of twenty shops, whose level stays the same from day to day and is the target but for a little noise."""
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(
        text.replace("[table]\n", '[table]\ngroup = "shop"\n').replace(
            "[columns.x]\n", '[columns.shop]\ntype = "text"\nrole = "ignore"\n[columns.x]\n'
        )
    )
    for number, day in enumerate(days):
        rng = np.random.default_rng(number)
        shops = np.repeat(np.arange(20), 5)
        table = project.columns(rows=100, seed=number)
        table["y"] = pa.array(shops * 10.0 + rng.normal(size=100))
        table["split"] = pa.array(["test"] * 100).dictionary_encode()
        table["_group"] = pa.array(shops, pa.uint64())
        project.process(day, table)


@pytest.fixture
def shops(make_project, tmp_path):
    project = make_project(tmp_path, "regression")
    grouped(project, ("2026-01-01", "2026-01-02"))
    return project


def found(project, config=None):
    window = [Dataset.open(project.layout.processed(day)) for day in ("2026-01-01", "2026-01-02")]
    part, config = JudgedRows(window[1:], ""), config or project.config
    rows = score(project.fitted("good"), part.days, config, "it")
    return rows, best_baseline(config, "r2", RECORDED["regression"], part, window, rows)


def test_where_groups_return_their_own_past_is_a_baseline(shops):
    rows, answers = found(shops)
    assert (answers.text, answers.of_group) == ("the mean of the known labels of each 'shop'", "shop")
    assert np.abs(answers.rows.scores - rows.target).max() < 6
    first = np.asarray(Dataset.open(shops.layout.processed("2026-01-01")).path.name)
    assert first == "2026-01-01"
    assert np.array_equal(answers.rows.groups, rows.groups)


def test_only_labels_that_were_known_by_then_are_its_past(shops):
    text = (shops.root / "pipeline.toml").read_text()
    (shops.root / "pipeline.toml").write_text(text.replace("window_days = 2", "window_days = 2\ntarget_delay_days = 2"))
    assert found(shops)[1].text.startswith("always the mean of the training")


def test_constants_alone_when_asked(shops):
    shops_text = (shops.root / "pipeline.toml").read_text()
    (shops.root / "pipeline.toml").write_text(shops_text + 'baseline = "constant"\n')
    assert found(shops)[1].text.startswith("always the m")
