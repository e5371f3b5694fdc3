"""The runs of a DAG, by what Airflow answered: how the last one went, when the next one is due."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from microstep_airflow.pipelines import dag_id
from microstep_airflow.status import remedies
from microstep_airflow.status.airflow_api import Answers, asked_days
from microstep_airflow.status.shape import LastRun, Runs


def runs(answers: Answers, pipeline: str, dag: str, pages: str, zone: ZoneInfo, *, scheduled: bool = True) -> Runs:
    """One cell.

    :param pages: the address of Airflow's pages; empty where there are none
    :param zone: in which the pipeline's days end
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
    if (of_dag := answers.runs.get(name)) and (run := _that_counts(of_dag, zone)):
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


def _that_counts(runs: list[dict[str, Any]], zone: ZoneInfo) -> dict[str, Any]:
    """The last one that nobody asked for days, or what was asked for its day since; of others alone the newest."""
    routine = runs[-1]
    if asked_days(routine) is not None:
        return runs[0]
    end = _time(routine.get("data_interval_end") or routine["run_after"])
    assert end is not None
    day = (end.astimezone(zone).date() - timedelta(days=1)).isoformat()
    spans = ((run, asked_days(run)) for run in runs[:-1])
    return next((run for run, span in spans if span and span[0] <= day <= span[1]), routine)


def _last(run: dict[str, Any], pages: str) -> LastRun:
    due = _time(run["run_after"])
    assert due is not None
    url = f"{pages.rstrip('/')}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}" if pages else None
    days = asked_days(run)
    return LastRun(
        state=run["state"],
        days=None if days is None else (date.fromisoformat(days[0]), date.fromisoformat(days[1])),
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
        return f"{page} says why; mended: {remedies.backfill(pipeline, 'train', 'DAY')}"
    return f"{page} says why; mended, the next run does what lacks"


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
