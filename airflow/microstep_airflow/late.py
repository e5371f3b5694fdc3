"""Tell that a run is not done by its deadline: runs in the triggerer, whatever has become of the run's own tasks."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from contract.toml import load
from microstep_airflow import letters
from microstep_airflow.alerts import run_page
from microstep_airflow.settings import Settings
from microstep_airflow.spool import post


def deadline(hours: float) -> DeadlineAlert | None:
    """When a run is late: so many hours after it was queued; None for 0."""
    if not hours:
        return None
    # not from its date: a run by hand has none, and a backfill's lies long ago
    queued = DeadlineReference.DAGRUN_QUEUED_AT
    return DeadlineAlert(queued, timedelta(hours=hours), AsyncCallback(tell_that_it_is_late))


async def tell_that_it_is_late(context: dict[str, Any]) -> None:
    """Send the mail. `context`: the run as Airflow's interface gives it."""
    await asyncio.to_thread(_tell, context["dag_run"])


def _tell(run: dict[str, Any]) -> None:
    settings = Settings.read()
    config = load(settings.config)
    dag, name = run["dag_id"], run["dag_run_id"]
    facts = {"DAG": dag, "Run": name, "Queued": str(run["queued_at"]), "State": str(run["state"])}
    mail = letters.late(dag, facts, config.schedule.deadline_hours, {"Run in Airflow": run_page(dag, name)})
    post(mail, config.alerts, settings.mails, datetime.now(ZoneInfo(config.schedule.timezone)))
