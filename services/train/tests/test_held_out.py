"""A test part in time: the last days of the window, of which no row is fitted."""

import json

import joblib
import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from contract.models.champion import Champion

DAYS = [f"2026-01-0{number}" for number in range(1, 5)]
LAST = DAYS[-1]


@pytest.fixture
def days(project):
    """Four days, of which the last one has values that no other has."""
    for seed, day in enumerate(DAYS[:-1]):
        project.process(day, seed=seed)
    table = project.columns(seed=9)
    table["x"] = pa.array([1e6] * len(table["y"]))
    table["word"] = pa.array(["late"] * len(table["y"])).dictionary_encode()
    project.process(LAST, table)
    return project


def trained(project):
    dataset = Dataset.open(project.root / "models" / LAST)
    return dataset, json.loads(dataset.file("card").read_text())


def test_no_row_of_a_held_out_day_is_fitted_and_card_and_record_say_so(days, capsys):
    days.configure(estimator="sklearn.linear_model.LogisticRegression", days="4\ntest_days = 1")
    assert days.train(day=LAST) == 0
    dataset, card = trained(days)
    assert list(card["window"]["rows_by_day"]) == DAYS[:-1]
    assert card["held_out"] == {"days": [LAST], "why": "training.test_days = 1"}
    assert dataset.manifest.counts["days"] == 3
    prepare = joblib.load(dataset.file("model"))["prepare"]
    assert abs(prepare.named_transformers_["numbers"].estimator["standardscaler"].mean_[0]) < 1
    about = Champion.of(f"models/{LAST}", dataset.manifest).trained_for
    assert (about.first, about.last, about.held_out) == (DAYS[0], DAYS[2], (LAST,))
    assert [entry.path for entry in dataset.manifest.inputs] == [f"processed/{day}" for day in DAYS]
    assert f"held out of the fit, for the judgement: {LAST} (training.test_days = 1)" in capsys.readouterr().err
    reference = json.loads(dataset.file("reference").read_text())
    assert reference["days"] == 3


def test_a_candidate_that_learns_in_parts_does_not_see_a_held_out_day_either(days):
    estimator = "sklearn.linear_model.SGDClassifier"
    days.configure(estimator=estimator, params='{ loss = "log_loss" }\npasses = 2', days="4\ntest_days = 1")
    assert days.train(day=LAST) == 0
    with_last = joblib.load(trained(days)[0].file("model"))[-1]
    days.process(LAST, seed=77)  # quite other rows there
    assert days.train(day=LAST) == 0
    assert (joblib.load(trained(days)[0].file("model"))[-1].coef_ == with_last.coef_).all()


def test_without_a_day_to_hold_out_the_log_says_why(days, capsys):
    days.configure(days=4)
    assert days.train(day=LAST) == 0
    reason = "a third of the window has about 0 labelled test rows, fewer than 100"
    assert trained(days)[1]["held_out"] == {"days": [], "why": reason}
    assert (
        f"no day is held out of the fit: {reason}; models are judged on the test groups of all"
        in capsys.readouterr().err
    )


def test_another_number_of_held_out_days_is_another_training(days, capsys):
    for number in (1, 2):
        days.configure(days=f"4\ntest_days = {number}")
        assert days.train(day=LAST) == 0
        assert trained(days)[1]["held_out"]["days"] == DAYS[4 - number :]
