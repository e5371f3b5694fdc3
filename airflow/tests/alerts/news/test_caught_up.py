from dataclasses import asdict, replace
from datetime import date, timedelta

import msgspec
import pytest
from conftest import factory, settings
from fake_run import FakeTi, context
from fake_variables import Variables
from test_runs import A_DATASET

from contract.datasets.manifest import encode
from contract.layout import Layout
from microstep_airflow.alerts import callbacks
from microstep_airflow.alerts.callbacks import RunAlerts
from microstep_airflow.alerts.news.caught_up import KnownCatchUp, given_up

OWN = "2026-01-20"
MISSED = [f"2026-01-{number}" for number in range(10, 20)]


@pytest.fixture
def succeeded(load_dags, tmp_path, monkeypatch):
    """Ends a run of predict, that found this of earlier days; the mails."""
    mails = []
    monkeypatch.setattr(callbacks, "enqueue", lambda mail, to, folder, now: mails.append(mail))
    monkeypatch.setattr(callbacks, "Variable", Variables())
    config = factory("files").config
    config = msgspec.structs.replace(config, schedule=msgspec.structs.replace(config.schedule, catch_up_days=10))
    alerts = RunAlerts(config, replace(settings(), data_root=tmp_path))

    def end(lacks, conf=None):
        ti = FakeTi({"predict_0": "success"}, lacks=lacks)
        alerts.succeeded(context(ti, load_dags()["predict"], day=OWN, conf=conf))
        return mails

    return end


def predicted(root, *days):
    for day in days:
        for folder in (f"predictions/{day}", f"raw/{day}/data"):
            (root / folder).mkdir(parents=True)
            (root / folder / "manifest.json").write_bytes(encode(A_DATASET))


def arrived(root, *days):
    for day in days:
        (root / "inbox" / day).mkdir(parents=True)
        (root / "inbox" / day / "_SUCCESS").touch()


def lack(day, *, anew=False):
    return [day, f"predictions/{day}: are not there", anew]


def test_ten_days_off_are_one_mail_that_names_them(succeeded, tmp_path):
    predicted(tmp_path, *MISSED, OWN)
    (mail,) = succeeded([lack(day) for day in MISSED])
    assert (mail.level, mail.subject) == (
        "info",
        "[microstep] predict 2026-01-20: caught up 10 days, 2026-01-10 to 2026-01-19",
    )
    assert len(mail.points) == 10
    assert mail.points[0] == ("late", "predictions/2026-01-10: are not there")
    assert "Still without data" not in mail.facts
    assert "You need do nothing" in mail.advice


def test_a_feed_that_is_always_late_is_no_mail_each_day():
    known, told = KnownCatchUp(), []
    for number in range(1, 15):
        known, is_news = KnownCatchUp.of(asdict(known)).add(f"2026-01-{number:02}", 1)
        told += [number] if is_news else []
    assert told == [1, 2, 4, 8]
    assert known.add("2026-01-15", 9)[1], "more days at once are another thing"
    assert not known.add("2026-01-15", 1)[1]
    assert known.add("2026-03-20", 1)[1], "so is a late day after a month in time"


def test_a_feed_that_is_late_each_monday_is_no_mail_each_week():
    known, told = KnownCatchUp(), []
    for week, day in enumerate(date(2026, 1, 6) + timedelta(weeks=number) for number in range(13)):
        known, is_news = known.add(day.isoformat(), 1)
        told += [week + 1] if is_news else []
    assert told == [1, 2, 4, 8]


def test_more_days_than_in_the_last_month_are_told_however_many_were_caught_up_at_first():
    known, told = KnownCatchUp(), []
    for day, days in [("2026-01-01", 28), ("2026-01-20", 1), ("2026-02-17", 7), ("2026-03-17", 1)]:
        known, is_news = known.add(day, days)
        told.append(is_news)
    assert told == [True] * 4


def test_what_an_earlier_version_kept_is_forgotten():
    before = {"day": "2026-01-02", "most": 1, "count": 1, "mailed_count": 1}
    assert KnownCatchUp.of(before) == KnownCatchUp()


def test_days_that_are_too_old_to_be_caught_up_are_named_with_what_to_type(succeeded, tmp_path):
    predicted(tmp_path, "2026-01-05", *MISSED, OWN)
    arrived(tmp_path, "2026-01-06", "2026-01-08", "2026-01-09")
    (mail,) = succeeded([lack(day) for day in MISSED])
    assert mail.facts["Too old to be caught up"] == (
        "2026-01-06, 2026-01-08, 2026-01-09; type: make backfill FROM=2026-01-06 TO=2026-01-09"
    )
    assert "You need do nothing" not in mail.advice


def test_days_that_nobody_expects_or_that_are_history_are_not_given_up(tmp_path):
    predicted(tmp_path, "2025-06-01", "2026-01-05", OWN)
    arrived(tmp_path, "2025-08-01", *(f"2026-01-{number:02}" for number in range(6, 20)))
    config, layout = factory("files").config, Layout(tmp_path)

    def days(**schedule):
        changed = msgspec.structs.replace(config.schedule, **schedule)
        return given_up(msgspec.structs.replace(config, schedule=changed), layout, date(2026, 1, 20))

    # a Friday, a weekend, a Monday; the days since the 10th are looked at
    assert days(catch_up_days=10) == ["2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09"]
    assert days(catch_up_days=8, expected="weekdays", holidays=(date(2026, 1, 8),)) == [
        *("2026-01-06", "2026-01-07", "2026-01-09"),
    ]
    assert days(catch_up_days=15) == []


def test_a_day_whose_other_rows_could_not_be_predicted_is_not_told_as_caught_up(succeeded, tmp_path):
    predicted(tmp_path, "2026-01-18", OWN)
    old = msgspec.structs.replace(A_DATASET, run={"rows_of": "other rows"})
    (tmp_path / "predictions/2026-01-18/manifest.json").write_bytes(encode(old))
    assert succeeded([lack("2026-01-18", anew=True)]) == []


def test_days_that_are_still_without_data_are_named_with_what_to_do(succeeded, tmp_path):
    predicted(tmp_path, *MISSED[1:], OWN)
    (mail,) = succeeded([lack("2026-01-10"), lack("2026-01-19", anew=True)])
    assert mail.subject == "[microstep] predict 2026-01-20: caught up 2026-01-19"
    assert mail.points == [("again", "predictions/2026-01-19: are not there")]
    assert mail.facts["Still without data"] == "2026-01-10"
    assert "an empty _EMPTY in its inbox" in mail.advice


@pytest.mark.parametrize("lacks", [None, [], [lack("2026-01-10")]])
def test_there_is_no_mail_where_nothing_was_caught_up(succeeded, lacks):
    assert succeeded(lacks) == []
