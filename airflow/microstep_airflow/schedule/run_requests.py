"""Refuse a run that cannot do what it is asked for when somebody asks: in the form, by REST, on the command line.

A parameter's JSON schema sees one value alone, no clock and no key that it does not know. All ways to start a run end
in Airflow's class DagRun, so what they say together is judged there, before there is a run:
`docs/decisions/0032-a-run-is-judged-when-it-is-asked-for.md`. The tasks judge it again (`days`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Mapper

WITH_A_DAY = ("generate", "predict", "train")
"""The DAGs whose runs work on a day."""


def judge_new_runs() -> None:
    """Have every new run judged, once Airflow has its classes: it reads its local settings before them."""

    @event.listens_for(Mapper, "after_configured", once=True)
    def listen() -> None:
        from airflow.models.dagrun import DagRun

        if not event.contains(DagRun, "init", _judge):
            event.listen(DagRun, "init", _judge)


def _judge(_: object, __: Sequence[Any], arguments: Mapping[str, Any]) -> None:
    """Raise ValueError, which Airflow answers with, for a run that is asked for in vain."""
    # not before: Airflow's settings, which load this module, come before all that these ask for
    from contract.config.parse import load
    from contract.errors import StepError
    from microstep_airflow.pipelines import of_dag
    from microstep_airflow.schedule.days import BY_INTERVAL, judge
    from microstep_airflow.settings import Settings

    pipeline, dag = of_dag(str(arguments.get("dag_id")))
    if dag not in WITH_A_DAY or str(arguments.get("run_type")) in BY_INTERVAL:
        return
    now = datetime.now(UTC)
    try:
        # as it is now, which may be newer than the DAG
        schedule = load(Settings.read().of(pipeline).config).schedule
        judge(
            str(arguments["run_type"]),
            arguments.get("conf") or {},
            max(now, arguments.get("run_after") or now),
            schedule,
        )
    except StepError as error:
        raise ValueError(str(error)) from None
