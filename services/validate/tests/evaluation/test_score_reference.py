"""The scores' reference: how far days differ in them is told by all days of the window."""

import numpy as np
import pyarrow as pa
import pytest

from analysis.drift.drawn_days import Part, measured
from analysis.drift.findings import Column
from analysis.drift.reference import codes, count
from contract.config.model import Drift
from contract.datasets.dataset import Dataset
from validate.evaluation.score_reference import score_reference
from validate.evaluation.scoring import predict_scores, score

DAYS = [f"2026-01-0{number}" for number in range(1, 8)]


def window(project, between, rows=400):
    """A week whose days differ in x by so many of its deviations."""
    rng = np.random.default_rng(3)
    for number, day in enumerate(DAYS):
        table = project.columns(rows=rows, seed=number)
        table["x"] = pa.array(rng.normal(size=rows) + between * rng.normal())
        project.process(day, table)
    return [Dataset.open(project.layout.processed(day)) for day in DAYS]


def reference_of(project, days, judged=2):
    model = project.fitted("good")
    scored = score(model, days[-judged:], project.config, "it")
    return model, score_reference(model, scored, days, DAYS[-judged:], project.config)


def xs(day):
    return pa.Table.from_batches(day.batches(["x"])).column("x").to_numpy()


def level(project, model, reference, x):
    scores = predict_scores(model, {"x": x, "word": x}, [])
    bins = codes(reference, scores)
    training = np.repeat(np.arange(len(reference.counts), dtype=np.uint8), reference.counts)[:, None]
    part = Part([reference], training, [count(reference, bins)], bins[:, None])
    ((found,),) = measured([part], Drift(), 0)
    return found.level


@pytest.fixture
def numbers(make_project, tmp_path):
    return make_project(tmp_path, "regression")


def test_days_of_the_training_that_differ_are_no_alarm(numbers):
    days = window(numbers, 0.5)
    model, reference = reference_of(numbers, days)
    assert reference.freedom == 6
    assert reference.dispersion > 3
    levels = [level(numbers, model, reference, xs(day)) for day in days]
    assert "alarm" not in levels


def test_without_that_allowance_they_would_be(numbers):
    days = window(numbers, 0.5)
    model, reference = reference_of(numbers, days)
    plain = Column(name=reference.name, kind="number", edges=reference.edges, counts=reference.counts)
    levels = [level(numbers, model, plain, xs(day)) for day in days]
    assert "alarm" in levels


def test_days_that_are_alike_have_no_dispersion_and_a_shift_is_found(numbers):
    days = window(numbers, 0.0)
    model, reference = reference_of(numbers, days)
    assert reference.freedom is None
    shifted = np.random.default_rng(1).normal(size=400) + 1
    assert level(numbers, model, reference, shifted) == "alarm"


def test_the_fewer_days_judge_the_more_a_day_of_its_own_weighs(numbers):
    days = window(numbers, 0.5)
    one, three = (reference_of(numbers, days, judged)[1].dispersion for judged in (1, 3))
    assert one > three


def test_of_few_days_nothing_is_known(each_task):
    days = [Dataset.open(each_task.layout.processed(day)) for day in DAYS[:3]]
    _, reference = reference_of(each_task, days, 1)
    assert (reference.dispersion, reference.freedom) == (1.0, None)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_classes_have_a_dispersion_of_their_own_kind(make_project, tmp_path, task):
    project = make_project(tmp_path, task)
    _, reference = reference_of(project, window(project, 1.0))
    assert reference.name == ("score" if task == "binary" else "prediction")
    assert reference.freedom == 6
