"""A run that is not done in time is reported."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from stack_helpers import DAYS, mails_after, parse_anew


def test_who_is_late_is_told_though_nothing_failed(trained):
    """Airflow's deadline alert: a run that waits for its data beyond schedule.deadline_hours."""
    config = trained.checkout / "pipeline.toml"
    config.write_text(
        config.read_text().replace("sensor_timeout_hours = 12", "deadline_hours = 0.002\nsensor_timeout_hours = 12")
    )
    parse_anew(trained, "predict")
    before = len(trained.mails())
    when = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    body = {"logical_date": when, "conf": {"day": DAYS[10]}}
    run = trained.airflow.call("POST", "/api/v2/dags/predict/dagRuns", body)["dag_run_id"]
    [mail] = mails_after(trained, before, "predict is late", seconds=120)
    assert run in mail["subject"]
    assert "/dags/predict/runs/" in mail["text"]
    trained.airflow.call("PATCH", f"/api/v2/dags/predict/dagRuns/{quote(run)}", {"state": "failed"})
