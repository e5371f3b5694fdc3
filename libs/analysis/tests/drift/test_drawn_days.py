"""What a day without drift, a drifted day and a day too small to tell are called: the promises of drift."""

import numpy as np
import pytest

from analysis.drift.drawn_days import Part, measured
from analysis.drift.findings import MOST_ROWS, worst
from analysis.drift.reference import Reference, build, codes, count
from analysis.rows import Categorical
from contract.config.model import Drift

COLUMNS = 20
SETTINGS = Drift(resamples=500)


def rows(rng, size, shift=0.0):
    """20 columns: normal, skewed, whole numbers and categories, some hanging together; `shift` moves the first, in its
    standard deviations."""
    common = rng.normal(size=size)
    columns = {}
    for number in range(COLUMNS):
        match number % 4:
            case 0:
                values = rng.normal(size=size) + 0.7 * common
                values += shift * np.sqrt(1.49) if number == 0 else 0
            case 1:
                values = rng.exponential(size=size)
            case 2:
                values = rng.poisson(3, size).astype(float)
            case _:
                codes_ = rng.choice(4, size, p=[0.5, 0.3, 0.15, 0.05]).astype(np.int32)
                values = Categorical(codes_, ["a", "b", "c", "d"])
        if not isinstance(values, Categorical):
            values = np.where(rng.random(size) < 0.03, np.nan, values)
        columns[f"c{number}"] = values
    return columns


def reference(rng, size, days=7):
    return build(rows(rng, size * days), np.repeat(np.arange(days), size), seed=1)


def zipf(rng, size, words, columns=5):
    """Columns of words, the k-th with a chance of 1 / k."""
    chances = 1 / np.arange(1, words + 1)
    names = [f"w{number}" for number in range(words)]
    return {
        f"c{n}": Categorical(rng.choice(words, size, p=chances / chances.sum()).astype(np.int32), names)
        for n in range(columns)
    }


def findings(reference: Reference, day, settings=SETTINGS):
    columns = reference.columns
    bins = [codes(column, day[column.name]) for column in columns]
    counts = [count(column, of_column) for column, of_column in zip(columns, bins, strict=True)]
    few = np.column_stack(bins) if len(bins[0]) <= MOST_ROWS else None
    (found,) = measured([Part(columns, reference.sampled(), counts, few)], settings, seed=1)
    return {finding.name: finding for finding in found}


def levels(reference, day):
    return {name: finding.level for name, finding in findings(reference, day).items()}


def level(reference, day):
    return worst(list(levels(reference, day).values()))


def test_days_without_drift_are_seldom_called_an_alarm():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(5):  # each reference is luck of its own
        training = reference(rng, 1000)
        found += [level(training, rows(rng, 1000)) for _ in range(20)]
    # 100 days at 1 % and 5 %: more than this happens once in a thousand times
    assert found.count("alarm") <= 5
    assert found.count("alarm") + found.count("watch") <= 13


@pytest.mark.parametrize("training_rows", [140, 14_000])
@pytest.mark.parametrize("words", [4, 40])
def test_small_days_of_words_are_seldom_called_an_alarm(words, training_rows):
    rng = np.random.default_rng(words + training_rows)
    found = []
    for _ in range(10):
        training = build(zipf(rng, training_rows, words), np.repeat(np.arange(7), training_rows // 7), seed=1)
        found += [level(training, zipf(rng, 20, words)) for _ in range(20)]
    assert found.count("alarm") <= 8
    assert found.count("alarm") + found.count("watch") <= 21
    assert found.count("ok") >= 150


def test_of_one_row_nothing_can_be_told():
    rng = np.random.default_rng(1)
    found = findings(reference(rng, 1000), rows(rng, 1))
    assert worst([finding.level for finding in found.values()]) == "unmeasured"
    assert found["c0"].reason == "too few rows to tell: 1 of the day, 7000 of the training"


def test_of_one_row_nothing_is_called_an_alarm_though_it_is_the_greatest_of_all():
    rng = np.random.default_rng(13)
    training = reference(rng, 1000)
    found = [level(training, rows(rng, 1)) for _ in range(60)]
    assert set(found) == {"unmeasured"}


def test_a_few_rows_that_are_far_off_are_an_alarm_or_unmeasured_never_ok():
    rng = np.random.default_rng(2)
    training = reference(rng, 1000)
    far = {size: level(training, rows(rng, size, shift=8)) for size in (1, 2, 3, 5, 10)}
    assert "ok" not in far.values()
    assert far[5] == far[10] == "alarm"


def test_a_day_is_unmeasured_where_the_training_has_too_few_rows():
    rng = np.random.default_rng(3)
    assert level(reference(rng, 1), rows(rng, 1)) == "unmeasured"
    assert level(build({"c0": np.empty(0)}, np.empty(0), seed=1), {"c0": np.ones(50)}) == "unmeasured"


def test_a_day_without_rows_is_unmeasured():
    rng = np.random.default_rng(4)
    found = findings(reference(rng, 100), rows(rng, 0))
    assert {(finding.level, finding.reason) for finding in found.values()} == {("unmeasured", "the day has no rows")}


def test_many_rows_are_measured_against_few():
    rng = np.random.default_rng(5)
    training = reference(rng, 100)
    assert levels(training, rows(rng, 20_000, shift=0.5))["c0"] == "alarm"
    assert level(training, rows(rng, 20_000)) == "ok"


@pytest.mark.parametrize("size", [500, 2000])
def test_a_shift_of_half_a_standard_deviation_is_found_on_its_first_day(size):
    rng = np.random.default_rng(size)
    training = reference(rng, size)
    found = [levels(training, rows(rng, size, shift=0.5))["c0"] for _ in range(40)]
    assert found.count("alarm") >= 38


def test_a_small_difference_is_of_no_matter_however_many_rows_show_it():
    rng = np.random.default_rng(5)
    training = reference(rng, 2000)
    assert levels(training, rows(rng, 200_000, shift=0.05))["c0"] == "ok"


def test_values_that_go_missing_are_drift():
    rng = np.random.default_rng(6)
    training = reference(rng, 1000)
    day = rows(rng, 1000)
    day["c1"] = np.where(rng.random(1000) < 0.3, np.nan, day["c1"])
    assert levels(training, day)["c1"] == "alarm"


def test_a_word_that_goes_missing_though_it_never_did_is_drift():
    rng = np.random.default_rng(6)
    training = build(zipf(rng, 7000, 40), np.repeat(np.arange(7), 1000), seed=1)
    day = zipf(rng, 300, 40)
    gone = rng.random(300) < 0.1
    day["c1"] = Categorical(np.where(gone, -1, day["c1"].codes).astype(np.int32), day["c1"].categories)
    assert levels(training, day)["c1"] == "alarm"


@pytest.mark.parametrize("size", [300, 1000, 3000])
def test_a_category_that_the_training_never_had_is_drift(size):
    rng = np.random.default_rng(7)
    training = reference(rng, 1000)
    day = rows(rng, size)
    codes_ = np.where(rng.random(size) < 0.1, 4, day["c3"].codes).astype(np.int32)
    day["c3"] = Categorical(codes_, [*day["c3"].categories, "new"])
    assert levels(training, day)["c3"] == "alarm"


def different(start, size):
    return {"id": Categorical(np.arange(size, dtype=np.int32), [f"n{start + n}" for n in range(size)])}


def test_words_that_are_all_different_are_no_drift_and_only_their_missing_values_are_told_of():
    training = build(different(0, 7000), np.repeat(np.arange(7), 1000), seed=1)
    found = findings(training, different(10_000, 1000))["id"]
    assert (found.level, found.reason) == ("ok", "its words are too rare to be compared; missing values are")
    gone = different(10_000, 1000)["id"]
    gone = {"id": Categorical(np.where(np.arange(1000) % 9, gone.codes, -1).astype(np.int32), gone.categories)}
    assert level(training, gone) == "alarm"


def test_words_are_unmeasured_on_a_day_that_is_too_small_to_have_any_of_them_often():
    rng = np.random.default_rng(12)
    training = build(zipf(rng, 14_000, 40), np.repeat(np.arange(7), 2000), seed=1)
    found = findings(training, zipf(rng, 1, 40))
    assert {finding.level for finding in found.values()} == {"unmeasured"}
    training = build(zipf(rng, 7, 40), np.arange(7), seed=1)
    assert level(training, zipf(rng, 1, 40)) == "unmeasured"


def restless(rng, days, size, between):
    moved = rng.normal(0, between, days)
    return build({"x": rng.normal(size=size * days) + np.repeat(moved, size)}, np.repeat(np.arange(days), size), seed=1)


@pytest.mark.parametrize("size", [100, 500, 5000])
def test_days_that_differ_from_each_other_in_training_may_differ_later(size):
    rng = np.random.default_rng(size)
    found = []
    for _ in range(30):
        training = restless(rng, 14, 500, 0.3)
        found += [level(training, {"x": rng.normal(rng.normal(0, 0.3), size=size)}) for _ in range(5)]
    # 150 days at 1 %, five of each reference: more than this happens once in a thousand times
    assert found.count("alarm") <= 8


def test_a_shift_beyond_what_days_differ_by_is_found():
    rng = np.random.default_rng(9)
    training = restless(rng, 14, 500, 0.1)
    assert level(training, {"x": rng.normal(1.5, size=500)}) == "alarm"


def test_the_same_day_is_measured_alike_every_time():
    rng = np.random.default_rng(10)
    training, day = reference(rng, 300), rows(rng, 300)
    assert findings(training, day) == findings(training, day)


def test_what_is_called_an_alarm_does_not_depend_on_days_that_are_no_longer_drawn():
    rng = np.random.default_rng(11)
    training = reference(rng, 300)
    day = rows(rng, 300)
    found = findings(training, day)
    assert min(finding.p for finding in found.values()) > SETTINGS.false_watches
    assert set(levels(training, day).values()) == {"ok"}
