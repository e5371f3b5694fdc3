"""Alarms of a day as a day, with the rates of bench/drift.py on days that differ."""

import numpy as np
import pytest

from analysis.drift.day_marks import Watch
from analysis.drift.findings import finding
from analysis.drift.reference import build, codes, count
from analysis.drift.unusual import unusual, volume
from analysis.rows import Categorical
from contract.config.model import Drift

SETTINGS = Drift()
WEEK = np.repeat(np.arange(7), 300)


def test_a_hundredth_of_the_rows_is_an_alarm_that_says_what_was_expected():
    found = volume(3, [300, 310, 290, 305, 295, 300, 302], SETTINGS)
    assert found.level == "alarm"
    assert found.low < 290
    assert found.high > 310
    assert found.reason.startswith("3 rows, where the 7 days of the training have 290 to 310: one more day would have ")


def test_a_hundredth_of_the_rows_is_an_alarm_though_days_differ_by_half():
    assert volume(3, [300, 450, 200, 350, 260, 400, 310], SETTINGS).level == "alarm"
    assert volume(0, [300, 450, 200, 350, 260, 400, 310], SETTINGS).level == "alarm"


@pytest.mark.parametrize("rows", [280, 300, 325])
def test_a_day_like_the_others_is_ok_however_alike_they_were(rows):
    assert volume(rows, [300] * 7, SETTINGS).level == "ok"


def test_a_small_change_is_of_no_matter_however_many_rows_there_are():
    assert volume(950_000, [1_000_000] * 7, SETTINGS).level == "ok"


def test_many_more_rows_are_an_alarm_too():
    assert volume(3000, [300, 310, 290, 305, 295, 300, 302], SETTINGS).level == "alarm"


def test_of_two_days_nothing_can_be_told():
    found = volume(3, [300, 300], SETTINGS)
    assert (found.level, found.low) == ("unmeasured", None)
    assert "the training's window has 2 days, and 3 are needed" in found.reason


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_days_that_differ_by_themselves_are_seldom_an_alarm(spread):
    rng, alarms = np.random.default_rng(3), 0
    for _ in range(2000):
        days = rng.poisson(300 * np.exp(spread * rng.normal(size=8)))
        alarms += volume(int(days[7]), days[:7].tolist(), SETTINGS).level == "alarm"
    assert alarms / 2000 <= 0.005


def sensors(rng, between):
    """A column of numbers whose days differ, one of words, one of few numbers."""
    shift = np.repeat(rng.normal(size=7) * between, 300)
    return {
        "heat": rng.normal(size=2100) + shift,
        "state": Categorical(rng.choice(3, 2100).astype(np.int32), ["a", "b", "c"]),
        "step": rng.integers(0, 4, 2100).astype(float),
    }


def levels(reference, day):
    found, watches, counts = [], {}, {}
    for column in reference.columns:
        counts[column.name] = count(column, codes(column, day[column.name]))
        watches[column.name] = Watch()
        watches[column.name].add(day[column.name])
        found.append(finding(column, counts[column.name], p=1.0, effect=0.0, level="ok", reason=None))
    return {one.name: one for one in unusual(found, reference.columns, watches, counts, SETTINGS)}


@pytest.fixture
def reference():
    return build(sensors(np.random.default_rng(5), 0.5), WEEK, 1)


def day_of(**changes):
    rng = np.random.default_rng(9)
    alike = {
        "heat": rng.normal(size=300),
        "state": Categorical(rng.choice(3, 300).astype(np.int32), ["a", "b", "c"]),
        "step": rng.integers(0, 4, 300).astype(float),
    }
    return alike | changes


def test_a_day_like_the_others_has_nothing_unusual(reference):
    assert {found.level for found in levels(reference, day_of()).values()} == {"ok"}


@pytest.mark.parametrize(
    ("name", "stuck", "value"),
    [
        ("heat", np.full(300, 0.1), "0.1"),
        ("step", np.full(300, 2.0), "2"),
        ("state", Categorical(np.zeros(300, np.int32), ["b"]), "'b'"),
    ],
)
def test_a_column_that_is_constant_all_day_is_an_alarm(reference, name, stuck, value):
    found = levels(reference, day_of(**{name: stuck}))[name]
    assert found.level == "alarm"
    assert found.reason == f"{value} on all 300 rows with a value; no training day was like that"


def test_a_column_without_any_value_all_day_is_an_alarm(reference):
    found = levels(reference, day_of(heat=np.full(300, np.nan)))["heat"]
    assert (found.level, found.reason) == ("alarm", "missing on all 300 rows; no training day was like that")


def test_values_beyond_all_that_was_seen_are_an_alarm_though_days_differ(reference):
    assert reference.columns[0].freedom == 6
    found = levels(reference, day_of(heat=np.random.default_rng(2).normal(size=300) + 9))["heat"]
    assert found.level == "alarm"
    assert found.reason.startswith("100% of the rows with a value are above ")


def test_a_column_that_training_days_had_constant_too_may_be_constant():
    table = sensors(np.random.default_rng(5), 0.0)
    table["step"][600:900] = 3.0
    assert levels(build(table, WEEK, 1), day_of(step=np.full(300, 3.0)))["step"].level == "ok"


@pytest.mark.parametrize("between", [0.0, 0.5, 3.0])
def test_days_that_differ_much_are_seldom_unusual(between):
    rng, alarms = np.random.default_rng(8), 0
    for _ in range(60):
        reference = build(sensors(rng, between), WEEK, 1)
        for _ in range(5):
            day = day_of(heat=rng.normal(size=300) + rng.normal() * between)
            alarms += any(found.level == "alarm" for found in levels(reference, day).values())
    assert alarms <= 2
