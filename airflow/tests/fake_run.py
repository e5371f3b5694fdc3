"""What a callback sees of a run that is over."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

STARTED = datetime(2026, 11, 23, 3, 0, 0, 500, tzinfo=UTC)


@dataclass
class FakeTi:
    states: dict
    """As the execution API gives them: {"preprocess_1": "failed", …}."""
    xcoms: dict = field(default_factory=dict)
    """By (task, map index)."""
    run_id: str = "manual__1"
    log_url: str = "http://airflow.example/log"
    lacks: list | None = None
    """What the first task of `predict` found of earlier days."""
    days: list | None = None
    """That it gave the run to do."""

    def get_task_states(self, dag_id, run_ids):
        return {self.run_id: self.states} if run_ids == [self.run_id] else {}

    def xcom_pull(self, task_id, *, key, map_indexes):
        if key == "microstep_record":
            return self.xcoms.get((task_id, map_indexes))
        assert (task_id, map_indexes) == ("days", None)
        return {"microstep_lacks": self.lacks, "return_value": self.days}[key]


def failure(message, day="2026-01-03"):
    return {"day": day, "message": message, "link": f"http://airflow.example/{message[:4]}"}


def context(ti, dag, *, day="2026-01-03", reason="task_failure", conf=None, scheduled=False):
    """Of a run by hand, or of a scheduled one of the same day."""
    return {
        "dag": dag,
        "ti": ti,
        "run_id": ti.run_id,
        "reason": reason,
        "params": {"day": day},
        "dag_run": SimpleNamespace(
            run_type="scheduled" if scheduled else "manual",
            conf=conf,
            run_after=datetime(2026, 11, 23, tzinfo=UTC),
            data_interval_end=datetime.fromisoformat(f"{day}T23:30Z") + timedelta(hours=6) if scheduled else None,
            start_date=STARTED,
        ),
    }
