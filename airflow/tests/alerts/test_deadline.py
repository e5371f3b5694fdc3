import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.definitions.deadline import DeadlineReference
from conftest import pipeline, write_pipelines
from test_runs import A_DATASET

from contract.datasets.manifest import encode
from microstep_airflow.alerts import deadline

RUN = {
    "dag_id": "predict",
    "dag_run_id": "scheduled__1",
    "run_after": "2026-01-03T02:00:00Z",
    "queued_at": "2026-01-03T02:00:00Z",
    "state": "running",
    "run_type": "scheduled",
}
END = {"data_interval_end": "2026-01-04T02:15:00Z"}
"""Of a run of the day 2026-01-03, a Saturday."""


class Clock(datetime):
    """The time of the callback: six hours after the run was due."""

    moment = datetime(2026, 1, 3, 8, tzinfo=UTC)

    @classmethod
    def now(cls, tz=None):
        return cls.moment.astimezone(tz)


@pytest.fixture
def sent(monkeypatch, tmp_path):
    mails = []
    monkeypatch.setattr(deadline, "datetime", Clock)
    (tmp_path / "pipeline.toml").write_text(pipeline())
    monkeypatch.setenv("MICROSTEP_CONFIG", str(tmp_path / "pipeline.toml"))
    monkeypatch.setenv("MICROSTEP_HOST_ROOT", "/srv/microstep")
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    monkeypatch.setattr(deadline, "enqueue", lambda mail, alerts, folder, now: mails.append(mail))
    return mails


def test_a_late_run_is_told_with_its_page_and_how_late_it_is(sent):
    asyncio.run(deadline.send_late_mail({"dag_run": RUN, "deadline": {}}))
    [mail] = sent
    assert mail.level == "error"
    assert mail.subject == "[microstep] predict is late: scheduled__1 is not done 6 hours after it was due"
    assert mail.links == {"Run in Airflow": "http://airflow.example/dags/predict/runs/scheduled__1"}


def test_runs_that_are_late_each_day_are_told_when_their_number_has_doubled(sent):
    def late(dag, day):
        moment = f"2026-01-{day:02}T02:00:00Z"
        run = RUN | {"dag_id": dag, "dag_run_id": f"scheduled__{day}", "run_after": moment, "queued_at": moment}
        asyncio.run(deadline.send_late_mail({"dag_run": run, "deadline": {}}))
        return len(sent)

    told = [late("predict", day) for day in range(1, 10)]
    assert told == [1, 2, 2, 3, 3, 3, 3, 4, 4]
    assert sent[2].facts["Late runs"] == "4 since 2026-01-01"
    assert late("generate", 10) == 5, "another DAG is another thing"


def test_runs_that_are_late_now_and_then_are_told_when_their_number_has_doubled(sent):
    def late(month, day):
        queued = f"2026-{month:02}-{day:02}T02:00:00Z"
        run = RUN | {"run_after": queued, "queued_at": queued}
        asyncio.run(deadline.send_late_mail({"dag_run": run, "deadline": {}}))
        return len(sent)

    mondays = [(1, 5), (1, 12), (1, 26), (2, 23), (3, 2), (3, 9), (3, 16), (3, 23)]
    assert [late(*day) for day in mondays] == [1, 2, 2, 3, 3, 3, 3, 4]
    assert late(4, 30) == 5, "after a month in time it is another thing"
    assert "Late runs" not in sent[-1].facts


def late_on(day, dag="predict"):
    """A daily run, queued so many days after the first one."""
    due = datetime(2026, 1, 1, 2, 15, tzinfo=UTC) + timedelta(days=day)
    times = {"data_interval_start": due - timedelta(days=1), "run_after": due, "queued_at": due + timedelta(seconds=9)}
    run = RUN | {"dag_id": dag} | {name: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for name, moment in times.items()}
    asyncio.run(deadline.send_late_mail({"dag_run": run, "deadline": {}}))


def test_more_late_runs_in_a_row_than_before_are_told_though_a_late_monday_is_known(sent):
    told = []
    for day in [*range(0, 12 * 7, 7), *range(12 * 7, 12 * 7 + 9)]:
        before = len(sent)
        late_on(day)
        told += [day] * (len(sent) - before)
    assert told == [0, 7, 21, 49, 84 + 1, 84 + 3, 84 + 7]


def test_what_an_older_version_has_kept_of_late_runs_is_read(sent, tmp_path):
    mails = tmp_path / "airflow" / "mails"
    mails.mkdir(parents=True)
    known = '{"predict":{"last":"2026-01-01T02:15:09+00:00","count":7,"mailed_count":7,"since":""}}'
    (mails / deadline.LATE).write_text(known)
    late_on(7)
    assert sent == []
    late_on(8)
    assert [mail.facts["Late runs"] for mail in sent] == ["9"]


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("MICROSTEP_DATA_ROOT", str(tmp_path))
    return tmp_path


def raw(root, *days):
    for day in days:
        (root / "raw" / day / "data").mkdir(parents=True)
        (root / "raw" / day / "data" / "manifest.json").write_bytes(encode(A_DATASET))


@pytest.mark.parametrize(("dag", "day"), [("predict", "2026-01-03"), ("train", "2026-01-02")])
def test_who_waits_for_rows_that_generate_has_not_brought_is_not_told_besides(sent, root, dag, day):
    ended = {"dag_id": dag} | END
    raw(root, *{"2026-01-01", "2026-01-02", "2026-01-03"} - {day})
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | ended, "deadline": {}}))
    assert sent == []
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | ended | {"dag_id": "generate"}, "deadline": {}}))
    assert [mail.subject.split()[1] for mail in sent] == ["generate"]
    raw(root, day)
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | ended, "deadline": {}}))
    assert [mail.subject.split()[1] for mail in sent] == ["generate", dag]


def schedule(tmp_path, setting):
    text = pipeline().replace("first_day", f"{setting}\nfirst_day")
    (tmp_path / "pipeline.toml").write_text(text)


@pytest.mark.parametrize("dag", ["predict", "train"])
@pytest.mark.parametrize("hours", [4, 6])
def test_a_run_whose_wait_is_over_at_its_deadline_is_told_though_a_day_never_came(sent, root, dag, hours):
    """A training goes on without it (training.min_days), and may hang."""
    schedule(root, f"sensor_timeout_hours = {hours}")
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | END | {"dag_id": dag}, "deadline": {}}))
    assert [mail.subject.split()[1] for mail in sent] == [dag]


def test_a_deadline_that_comes_days_later_is_after_the_wait(sent, root, monkeypatch):
    """Of a schedule of weekdays: the longest interval counts."""
    monkeypatch.setattr(Clock, "moment", Clock.moment + timedelta(days=2))
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | END | {"dag_id": "train"}, "deadline": {}}))
    assert len(sent) == 1


def test_a_run_that_does_earlier_days_alone_waits_for_no_rows_of_its_own(sent, root):
    schedule(root, 'expected = "weekdays"')
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | END, "deadline": {}}))
    assert len(sent) == 1
    (root / "inbox" / "2026-01-03").mkdir(parents=True)
    (root / "inbox" / "2026-01-03" / "_SUCCESS").touch()
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | END, "deadline": {}}))
    assert len(sent) == 1, "its rows came on a day on which nobody expected any"


def test_a_backfill_is_never_late(sent):
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | {"run_type": "backfill"}, "deadline": {}}))
    assert sent == []


@pytest.mark.parametrize(("due", "mails"), [("2026-01-02T21:00:00Z", 1), ("2026-01-02T19:00:00Z", 0)])
def test_a_run_that_was_made_after_its_deadline_is_what_catches_up_and_not_late(sent, due, mails):
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | {"run_after": due}, "deadline": {}}))
    assert len(sent) == mails


def test_no_hours_is_no_deadline():
    assert deadline.deadline(0, "0 1 * * *", ZoneInfo("UTC")) is None


@pytest.mark.parametrize(
    ("cron", "interval"),
    [
        ("0 1 * * *", timedelta(days=1, hours=6)),
        ("0 3 * * 1", timedelta(days=7, hours=6)),
        ("0 3 * * 1-5", timedelta(days=3, hours=6)),
        ("0 * * * *", timedelta(hours=7)),
    ],
)
def test_the_hours_count_from_when_the_run_was_due(cron, interval):
    """Its logical date is an interval earlier; where intervals differ, nobody is told too early."""
    alert = deadline.deadline(6, cron, ZoneInfo("UTC"))
    assert alert.interval == interval
    assert alert.reference is DeadlineReference.DAGRUN_LOGICAL_DATE


def test_a_late_run_of_a_named_pipeline_is_its_own_and_told_to_its_people(sent, tmp_path):
    write_pipelines(tmp_path / "pipeline.toml", ["churn"], pipeline())
    asyncio.run(deadline.send_late_mail({"dag_run": RUN | {"dag_id": "churn.predict"}, "deadline": {}}))
    [mail] = sent
    assert mail.subject == "[microstep churn] predict is late: scheduled__1 is not done 6 hours after it was due"
    assert mail.links == {"Run in Airflow": "http://airflow.example/dags/churn.predict/runs/scheduled__1"}
    assert (tmp_path / "airflow" / "mails" / "pipelines" / "churn" / deadline.LATE).exists()


def test_a_named_pipeline_that_waits_for_its_own_generate_is_not_told_besides(sent, root, tmp_path):
    write_pipelines(tmp_path / "pipeline.toml", ["churn"], pipeline())
    ended = RUN | END
    asyncio.run(deadline.send_late_mail({"dag_run": ended | {"dag_id": "churn.train"}, "deadline": {}}))
    assert sent == []
    asyncio.run(deadline.send_late_mail({"dag_run": ended | {"dag_id": "churn.generate"}, "deadline": {}}))
    assert [mail.subject.split("]")[1].split()[0] for mail in sent] == ["generate"]
