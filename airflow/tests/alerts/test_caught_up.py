from dataclasses import replace

import msgspec
import pytest
from conftest import factory, settings
from fake_run import FakeTi, context
from fake_variables import Variables
from test_runs import A_DATASET

from contract.datasets.manifest import encode
from microstep_airflow.alerts import callbacks
from microstep_airflow.alerts.callbacks import RunAlerts

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
    assert "Nothing is to be done" in mail.advice


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
