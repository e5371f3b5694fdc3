import joblib
import numpy as np
import pyarrow as pa
import pytest
from conftest import recurring

from analysis.matrix import frame
from contract.datasets.dataset import Dataset
from train.rows import labelled_batches, read
from train.splits.sample import sample_mask


def limited(project, most, task="binary"):
    project.task = task
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace("[training]\n", f"[training]\nmax_rows = {most}\n"))
    return project.config


def opened(project, *days):
    return [Dataset.open(project.root / "processed" / day) for day in days or ("2026-01-01", "2026-01-02")]


def test_no_more_rows_are_held_and_the_card_says_how_many_there_were(each_task):
    rows = read(opened(each_task), limited(each_task, 50, each_task.task))
    assert abs(len(rows) - 50) <= 2
    assert rows.available == 192
    assert sum(rows.by_day.values()) == len(rows)


def test_fewer_rows_than_the_limit_are_all_taken(project):
    assert sample_mask(opened(project), limited(project, 192)) is None


def test_each_class_keeps_its_share_and_a_rare_one_enough_for_the_folds(project):
    table = project.columns(seed=0, rows=1000)
    table["y"] = pa.array(["yes" if row % 250 == 1 else "no" for row in range(1000)])
    project.process("2026-01-01", table)
    rows = read(opened(project, "2026-01-01"), limited(project, 100))
    assert rows.codes.sum() == 3
    assert 97 <= len(rows) <= 103


def test_the_same_keys_are_in_the_sample_whichever_order_the_rows_have(project):
    def keys(mask):
        batches = [batch for _, batch in labelled_batches(opened(project, "2026-01-01"), project.config)]
        return set(pa.Table.from_batches(batches)["x"].to_numpy()[mask])

    table = pa.table(project.columns(seed=0, rows=600, missing=0))
    config = limited(project, 100)
    project.process("2026-01-01", table)
    first = keys(sample_mask(opened(project, "2026-01-01"), config))
    project.process("2026-01-01", table.take(np.random.default_rng(0).permutation(600)))
    assert keys(sample_mask(opened(project, "2026-01-01"), config)) == first


def test_a_customer_is_in_the_sample_with_all_rows_but_the_last_one(project):
    project.recur(4)
    project.configure(days=4)
    rows = read(opened(project, *[f"2026-01-{day:02d}" for day in range(1, 5)]), limited(project, 400))
    _, counts = np.unique(rows.groups, return_counts=True)
    assert abs(len(rows) - 400) <= 6
    assert (counts < 4).sum() <= 2 + 6
    assert len(counts) <= 108


def test_a_rare_class_has_as_many_customers_as_folds_though_the_first_one_alone_would_fill_it(project):
    project.recur(4)
    for day in range(4):
        table = recurring(day)
        table["y"] = pa.array(["yes" if row < 5 else "no" for row in range(300)])
        project.process(f"2026-01-{day + 1:02d}", table)
    project.configure(days=4)
    rows = read(opened(project, *[f"2026-01-{day:02d}" for day in range(1, 5)]), limited(project, 100))
    assert len(np.unique(rows.groups[rows.codes == 1])) == 3


def test_the_seed_draws_another_sample(project):
    config = limited(project, 50)
    before = sample_mask(opened(project), config)
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace("[training]\n", "[training]\nseed = 4\n"))
    after = sample_mask(opened(project), project.config)
    assert before.sum() == pytest.approx(after.sum(), abs=2)
    assert (before != after).any()


SGD = "sklearn.linear_model.SGDClassifier"


def in_parts(project, passes=2, most=60):
    project.configure(estimator=SGD, params='{ loss = "log_loss" }')
    text = (project.root / "pipeline.toml").read_text()
    text = text.replace(f'estimator = "{SGD}"\n', f'estimator = "{SGD}"\npasses = {passes}\n')
    (project.root / "pipeline.toml").write_text(text.replace("[training]\n", f"[training]\nmax_rows = {most}\n"))


def test_who_learns_in_parts_is_fitted_on_all_rows_though_a_sample_chose(project):
    in_parts(project)
    assert project.train() == 0
    dataset = Dataset.open(project.root / "models/2026-01-02")
    model = joblib.load(dataset.file("model"))
    # scikit-learn counts the rows that partial_fit has seen: two passes over 192
    assert model["estimate"].t_ - 1 == 2 * 192
    assert (dataset.manifest.counts["rows_in"], dataset.manifest.counts["rows"]) == (192, 60)
    assert model.classes_.tolist() == ["no", "yes"]


def test_weights_count_for_who_learns_in_parts(project):
    def share():
        model = joblib.load(Dataset.open(project.root / "models/2026-01-02").file("model"))
        return (model.predict(frame(read(opened(project), project.config).columns)) == "yes").mean()

    in_parts(project, passes=5)
    assert project.train() == 0
    plain = share()
    text = (project.root / "pipeline.toml").read_text()
    text = text.replace("[training]\n", "[training]\nclass_weights = { no = 1, yes = 20 }\n")
    (project.root / "pipeline.toml").write_text(text)
    assert project.train() == 0
    assert share() > plain + 0.1


def test_who_does_not_learn_in_parts_is_refused_passes(project, capsys):
    project.configure(estimator="sklearn.linear_model.LogisticRegression")
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace("params = {}", "params = {}\npasses = 2"))
    assert project.train() == 78
    assert "'first'.passes must be left out for an estimator that does not learn in parts" in capsys.readouterr().err
