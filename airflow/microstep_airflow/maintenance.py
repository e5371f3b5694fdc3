"""The tasks of the DAG `maintenance`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Variable, task
from airflow.sdk.exceptions import AirflowFailException

from contract.config import Config
from microstep_airflow.alerts import messages
from microstep_airflow.alerts.outbox import enqueue, flush
from microstep_airflow.operators.mounts import was_replaced
from microstep_airflow.operators.orphans import end_all_orphans
from microstep_airflow.settings import Settings

GOES_ON = ["queued", "running"]
"""The states of a run that is not over."""
REPLACED = "microstep_replaced"
"""The variable that keeps which replaced files people know of."""


def send_mails(config: Config, folder: Path) -> None:
    """Declare the task that sends the mails which wait. It fails while they cannot be sent: no mail can say so."""

    @task(task_id="send", multiple_outputs=False)
    def send() -> int:
        remaining = flush(config.alerts, folder, datetime.now(ZoneInfo(config.schedule.timezone)))
        if remaining.why:
            # the next run is the next try
            raise AirflowFailException(
                f"mails that wait: {remaining.count}; {remaining.why}; server, user and password are MICROSTEP_SMTP"
                " in .env (docs/operations.md), then: make up"
            )
        return remaining.count

    send()


def tell_of_replaced(config: Config, settings: Settings) -> None:
    """Declare the task that tells, once, when Airflow's containers hold on to a file that the host has replaced."""

    @task(task_id="look_at_mounts", multiple_outputs=False)
    def look_at_mounts() -> list[str]:
        pairs = ((settings.config, settings.home / "pipeline.toml"), (settings.data_root, settings.home / "data"))
        replaced = [str(source) for path, source in pairs if was_replaced(path, str(source))]
        known = Variable.get(REPLACED, default=[], deserialize_json=True)
        if set(replaced) - set(known):
            now = datetime.now(ZoneInfo(config.schedule.timezone))
            enqueue(messages.replaced(replaced), config.alerts, settings.mails, now)
        if replaced != known:
            Variable.set(REPLACED, replaced, serialize_json=True)
        return replaced

    look_at_mounts()


def end_containers(home: str) -> None:
    """Declare the task that ends the containers of a checkout's runs which are over, or gone."""

    @task(task_id="end_orphans", multiple_outputs=False)
    def end_orphans(ti: Any = None) -> int:
        # Airflow's interface has no name for what it hands to a parameter of this name
        return end_all_orphans(home, lambda dag, run: ti.get_dr_count(dag, run_ids=[run], states=GOES_ON) > 0)

    end_orphans()
