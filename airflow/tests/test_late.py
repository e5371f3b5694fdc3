import asyncio

import pytest
from conftest import pipeline

from microstep_airflow import late

RUN = {"dag_id": "predict", "dag_run_id": "scheduled__1", "queued_at": "2026-01-03T02:00:00Z", "state": "running"}


@pytest.fixture
def sent(monkeypatch, tmp_path):
    mails = []
    (tmp_path / "pipeline.toml").write_text(pipeline())
    monkeypatch.setenv("MICROSTEP_CONFIG", str(tmp_path / "pipeline.toml"))
    monkeypatch.setenv("MICROSTEP_HOST_ROOT", "/srv/microstep")
    monkeypatch.setattr(late, "post", lambda mail, alerts, folder, now: mails.append(mail))
    return mails


def test_a_late_run_is_told_with_its_page_and_how_late_it_is(sent):
    asyncio.run(late.tell_that_it_is_late({"dag_run": RUN, "deadline": {}}))
    [mail] = sent
    assert mail.level == "error"
    assert mail.subject == "[microstep] predict is late: scheduled__1 is not done after 6 hours"
    assert mail.links == {"Run in Airflow": "http://airflow.example/dags/predict/runs/scheduled__1"}


def test_no_hours_is_no_deadline():
    assert late.deadline(0) is None
