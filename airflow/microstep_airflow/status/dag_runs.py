"""The runs of a DAG, by what Airflow answered: how the last one went, when the next one is due."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from microstep_airflow.pipelines import dag_id
from microstep_airflow.status import remedies
from microstep_airflow.status.airflow_api import Answers
from microstep_airflow.status.shape import LastRun, Runs


def runs(answers: Answers, pipeline: str, dag: str, pages: str, *, scheduled: bool = True) -> Runs:
    """One cell.

    :param pages: the address of Airflow's pages; empty where there are none
    :param scheduled: False where DAGs run only when somebody starts them, so none is to come
    """
    name = dag_id(pipeline, dag)
    if answers.why:
        return Runs(state="unknown", text=answers.why, dag=name)
    known = answers.dags.get(name)
    if known is None:
        text = "Airflow has no such DAG; a new file is seen within a minute"
        return Runs(state="bad", text=text, dag=name, remedy="docker compose logs airflow-dag-processor")
    found = Runs(state="ok", text="no run yet", dag=name, paused=bool(known["is_paused"]))
    found.next = _time(known["next_dagrun_run_after"]) if scheduled and not found.paused else None
    run = answers.runs.get(name)
    if run is not None:
        found.last = _last(run, pages)
        found.text = found.last.state
        if found.last.state == "failed":
            found.state, found.text = "bad", f"{name} failed"
            found.remedy = _way_on(pipeline, dag, found.last)
    if found.paused:
        found.state, found.text, found.remedy = "bad", f"{name} is paused", remedies.unpause(pipeline, dag)
    elif known.get("has_import_errors"):
        found.state, found.text = "bad", f"{name}: its file cannot be imported"
        found.remedy = "docker compose logs airflow-dag-processor"
    return found


def _last(run: dict[str, Any], pages: str) -> LastRun:
    due = _time(run["run_after"])
    assert due is not None
    url = f"{pages.rstrip('/')}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}" if pages else None
    return LastRun(
        state=run["state"],
        run_id=run["dag_run_id"],
        due=due,
        started=_time(run["start_date"]),
        ended=_time(run["end_date"]),
        url=url,
    )


def _way_on(pipeline: str, dag: str, last: LastRun) -> str:
    """A mail said why; what the next run does by itself nobody has to type."""
    page = last.url or "Airflow's page"
    if dag == "train":
        named = f" PIPELINE={pipeline}" if pipeline else ""
        return f"{page} says why; mended: make backfill FROM=DAY TO=DAY DAG=train{named}"
    return f"{page} says why; mended, the next run does what lacks"


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
