"""Tell that a run is not done by its deadline: runs in the triggerer, whatever has become of the run's own tasks."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from croniter import croniter  # type: ignore[import-untyped]  # it ships no types

from contract.atomic import replace_file
from contract.config import Config
from contract.config.parse import load
from contract.due.lacking import is_due, rows_are_there
from contract.errors import UsageError
from contract.layout import Layout
from microstep_airflow.alerts import messages
from microstep_airflow.alerts.outbox import enqueue
from microstep_airflow.alerts.run_facts import run_page
from microstep_airflow.alerts.throttle import LateRuns
from microstep_airflow.pipelines import of_dag
from microstep_airflow.schedule.days import last_complete
from microstep_airflow.settings import Settings

LATE = "late.json"
_LOOKED_AT = 40


def deadline(hours: float, cron: str, timezone: ZoneInfo) -> DeadlineAlert | None:
    """When a scheduled run is late: so many hours after it was due; None for 0.

    From its logical date, which is the beginning of its interval: a deadline that counts from when a run was queued
    makes Airflow 3.3.2 answer 500 when somebody clears a task of the run.
    """
    if not hours:
        return None
    return DeadlineAlert(
        DeadlineReference.DAGRUN_LOGICAL_DATE,
        _longest_interval(cron, timezone) + timedelta(hours=hours),
        AsyncCallback(send_late_mail),
    )


@lru_cache  # most pipelines keep the shipped schedules: without it, this was a quarter of reading 50 of them
def _longest_interval(cron: str, timezone: ZoneInfo) -> timedelta:
    """Between two times of a schedule; irregular ones (working days) have several."""
    times = croniter(cron, datetime(2026, 1, 1, tzinfo=timezone), ret_type=datetime)
    dues: list[datetime] = [times.get_next() for _ in range(_LOOKED_AT)]
    return max(after - before for before, after in pairwise(dues))


async def send_late_mail(context: dict[str, Any]) -> None:
    """Send the mail. `context`: the run as Airflow's interface gives it."""
    # a backfill's dates lie long ago: all of its runs would be late
    if context["dag_run"]["run_type"] != "backfill":
        await asyncio.to_thread(_send, context["dag_run"])


def _was_late_already(run: dict[str, Any], hours: float) -> bool:
    """Whether a scheduled run was only made after its deadline: the stack was not there, and does now what lacks."""
    if run["run_type"] != "scheduled" or not run.get("run_after"):
        return False
    due, queued = (datetime.fromisoformat(str(run[name])) for name in ("run_after", "queued_at"))
    return queued > due + timedelta(hours=hours)


def _waits_for_generate(run: dict[str, Any], config: Config, root: Path, now: datetime) -> bool:
    """Whether a scheduled run still waits for rows that no run of generate has brought: its mails tell of these."""
    _, dag = of_dag(run["dag_id"])
    times = [run.get(name) for name in ("run_after", "data_interval_end")]
    if run["run_type"] != "scheduled" or dag == "generate" or not all(times):
        return False
    due, end = (datetime.fromisoformat(str(time)) for time in times)
    if now >= due + timedelta(hours=config.schedule.sensor_timeout_hours):
        # it has gone on without them, or failed
        return False
    own = last_complete(end, ZoneInfo(config.schedule.timezone))
    # it may do earlier days alone
    days = [own] if is_due(config, Layout(root), own) else []
    if dag == "train":
        try:
            days = config.window(own)
        except UsageError:
            return False
    return any(not rows_are_there(config, Layout(root), day.isoformat()) for day in days)


def _follows(run: dict[str, Any], queued: str) -> bool:
    """Whether the run that was queued then is the one before: that was due when this one's interval began."""
    start = run.get("data_interval_start")
    return bool(queued and start) and datetime.fromisoformat(queued) >= datetime.fromisoformat(str(start))


def _known(path: Path) -> dict[str, LateRuns]:
    """What people know of each DAG. The triggerer has no variables, so it is kept beside the mails."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, LateRuns])
    except (OSError, msgspec.DecodeError):
        return {}


def _send(run: dict[str, Any]) -> None:
    pipeline, dag = of_dag(run["dag_id"])
    settings = Settings.read().of(pipeline)
    config = load(settings.config)
    now = datetime.now(ZoneInfo(config.schedule.timezone))
    if _was_late_already(run, config.schedule.deadline_hours):
        return
    if _waits_for_generate(run, config, settings.data_root, now):
        return
    name = run["dag_run_id"]
    late = _known(settings.mails / LATE)
    before = late.get(dag, LateRuns())
    in_a_row = before.in_a_row + 1 if _follows(run, before.last) else 1
    late[dag], is_news = before.add(datetime.fromisoformat(str(run["queued_at"])), in_a_row)
    if is_news:
        facts = {"DAG": run["dag_id"], "Run": name, "Queued": str(run["queued_at"]), "State": str(run["state"])}
        if (count := late[dag].count) > 1:
            facts["Late runs"] = f"{count}{f' since {since[:10]}' if (since := late[dag].since) else ''}"
        mail = messages.late(
            dag, facts, config.schedule.deadline_hours, {"Run in Airflow": run_page(run["dag_id"], name)}
        )
        enqueue(mail.of(pipeline), config.alerts, settings.mails, now)
    # last: a disk that is full costs no mail
    replace_file(settings.mails / LATE, msgspec.json.encode(late))
