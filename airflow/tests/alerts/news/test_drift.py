import json
from dataclasses import asdict

import pytest

from microstep_airflow.alerts.news.drift import KnownDrift, drift_news

LAST = "2026-01-31"


def mailed(*days, start=None):
    """What is mailed on each of several days, given as (day, level, columns)."""
    known, kinds = start or KnownDrift(), []
    for day, level, columns in days:
        news = drift_news(known, f"2026-01-{day:02}", level, columns, LAST)
        # as Airflow keeps it between two runs
        known = KnownDrift.of(json.loads(json.dumps(asdict(news.known))))
        kinds.append((news.kind, *news.columns))
    return kinds


A, AB, WATCH = {"a": "alarm"}, {"a": "alarm", "b": "alarm"}, {"a": "watch"}


def test_an_alarm_is_told_when_it_begins_and_not_again_while_it_lasts():
    assert mailed((1, "ok", {}), (2, "alarm", A), (3, "alarm", A), (4, "alarm", A)) == [
        ("nothing",), ("begins", "a"), ("nothing",), ("nothing",),
    ]  # fmt: skip


def test_another_column_is_told_with_its_own_name_alone():
    assert mailed((1, "alarm", A), (2, "alarm", AB), (3, "alarm", AB)) == [
        ("begins", "a"),
        ("spreads", "b"),
        ("nothing",),
    ]


def test_the_end_is_told_once_and_only_when_all_is_ok():
    assert mailed((1, "alarm", AB), (2, "watch", WATCH), (3, "ok", {}), (4, "ok", {})) == [
        ("begins", "a", "b"), ("nothing",), ("over", "a", "b"), ("nothing",),
    ]  # fmt: skip


def test_a_column_that_hovers_about_its_threshold_is_told_once():
    hovering = [(day, "alarm", A) if day % 2 else (day, "watch", WATCH) for day in range(1, 9)]
    assert [kind for kind, *_ in mailed(*hovering)] == ["begins", *["nothing"] * 7]


def test_after_its_end_drift_is_news_again():
    assert mailed((1, "alarm", A), (2, "ok", {}), (3, "alarm", A))[2] == ("begins", "a")


def test_a_watch_is_not_told():
    assert mailed((1, "watch", WATCH), (2, "ok", {})) == [("nothing",), ("nothing",)]


def test_a_day_that_could_not_be_measured_neither_begins_nor_ends_anything():
    assert mailed((1, "unmeasured", {}), (2, "alarm", A), (3, "unmeasured", {}), (4, "alarm", A), (5, "ok", {})) == [
        ("nothing",), ("begins", "a"), ("nothing",), ("nothing",), ("over", "a"),
    ]  # fmt: skip


def test_a_backfill_of_older_days_is_no_news():
    assert mailed((20, "ok", {}), (1, "alarm", A), (2, "alarm", AB), (21, "ok", {})) == [("nothing",)] * 4


def test_the_same_day_once_more_is_news_only_when_it_is_worse():
    assert mailed((1, "alarm", A), (1, "alarm", A), (1, "alarm", AB)) == [
        ("begins", "a"),
        ("nothing",),
        ("spreads", "b"),
    ]


def test_an_alarm_without_a_column_is_told_once():
    assert mailed((1, "alarm", {}), (2, "alarm", {}), (3, "ok", {})) == [("begins",), ("nothing",), ("over",)]


@pytest.mark.parametrize("level", ["ok", "unmeasured", "watch", "alarm"])
def test_the_latest_day_is_kept_whatever_was_found(level):
    assert drift_news(KnownDrift(), "2026-01-05", level, {}, LAST).known.day == "2026-01-05"


@pytest.mark.parametrize("level", ["ok", "watch", "alarm"])
def test_a_day_that_is_not_over_is_no_news_and_is_not_kept(level):
    before = KnownDrift("2026-01-30", ("b",), "2026-01-29")
    for known in (KnownDrift(), before):
        news = drift_news(known, "2026-02-01", level, A, LAST)
        assert (news.kind, news.known) == ("nothing", known)


TO_COME = KnownDrift("2027-01-05", ("a",), "2027-01-05")


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (TO_COME, ("begins", "a")),
        (KnownDrift("2027-01-05"), ("begins", "a")),
        (KnownDrift("2027-01-05", (), "2026-01-02"), ("begins", "a")),
    ],
)
def test_what_was_kept_of_a_day_to_come_silences_no_alarm(kept, expected):
    assert mailed((30, "alarm", A), (31, "alarm", A), start=kept) == [expected, ("nothing",)]
    assert mailed((29, "watch", WATCH), (30, "alarm", A), start=kept) == [("nothing",), expected]
    unnamed = mailed((30, "alarm", {}), start=kept)
    assert unnamed == [("begins",)]


def test_the_end_is_told_though_a_day_to_come_was_kept():
    assert mailed((30, "ok", {}), (31, "ok", {}), start=TO_COME) == [("over", "a"), ("nothing",)]
