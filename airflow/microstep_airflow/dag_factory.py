"""What DAG files declare with: DAGs, steps and waits that keep the rules of this project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, BaseOperator, XComArg
from airflow.sdk.definitions.mappedoperator import MappedOperator

from contract.config import Config
from contract.config.parse import load
from contract.config.source import Sql
from microstep_airflow.alerts.callbacks import RunAlerts
from microstep_airflow.alerts.deadline import deadline
from microstep_airflow.alerts.task_failures import record_failure
from microstep_airflow.maintenance import end_containers, send_mails, tell_of_replaced
from microstep_airflow.operators.orphans import end_orphans
from microstep_airflow.schedule.days import DAY, day_params, day_to_work_on, timetable
from microstep_airflow.schedule.retries import AFTER_A_LOST_TRY, MOST_TRIES_LOST, FailuresAlone
from microstep_airflow.schedule.window import training_window
from microstep_airflow.sensors import ArrivalSensor
from microstep_airflow.settings import Settings
from microstep_airflow.steps import STEPS

POOL = "steps"
REGISTRY_NETWORK, SQL_NETWORK = "steps", "sql"
SQL_SECRETS = "secrets/sql"
MODEL_SECRETS = "secrets/models"
MOST_ACTIVE_RUNS = 16
STEP_LIMIT = timedelta(hours=6)
# shorter than the week between two trainings, so that a question is closed when the next one comes
ANSWER_LIMIT = timedelta(days=6)
EACH_DAY = "{{ task.day }}"

POLICY: dict[str, Any] = {
    "owner": "microstep",
    "retries": MOST_TRIES_LOST,
    "retry_delay": AFTER_A_LOST_TRY,
    "retry_policy": FailuresAlone(),
    "execution_timeout": STEP_LIMIT,
    "on_failure_callback": record_failure,
}


@dataclass(frozen=True)
class DagFactory:
    """The pipeline's configuration and the machine's settings, and what follows from them for every DAG."""

    config: Config
    settings: Settings

    @classmethod
    def open(cls) -> DagFactory:
        """The factory of this machine. Raises what is wrong with pipeline.toml or the environment."""
        settings = Settings.read()
        return cls(load(settings.config), settings)

    @property
    def needs_approval(self) -> bool:
        """Whether a person says the last word about a challenger."""
        return self.config.gate.approval == "manual"

    def dag(self, name: str, cron: str, doc: str | None, *, needs_approval: bool = False) -> DAG:
        """A DAG that keeps the rules.

        :param name: its id
        :param cron: its schedule
        :param doc: the DAG file's docstring
        :param needs_approval: it waits for a person, too
        """
        schedule, alerts = self.config.schedule, RunAlerts(self.config, self.settings)
        timezone = ZoneInfo(schedule.timezone)
        # waiting, then each step with its retries, then a person
        limit = timedelta(hours=schedule.sensor_timeout_hours) + 2 * STEP_LIMIT + needs_approval * ANSWER_LIMIT
        cleanup = [end_orphans] if self.settings.runner == "docker" else []
        return DAG(
            name,
            schedule=timetable(cron, schedule.timezone),
            start_date=datetime.combine(schedule.first_day, datetime.min.time(), timezone),
            catchup=False,
            # a run that waits for its data must not hold up the others: docs/decisions/0008
            max_active_runs=MOST_ACTIVE_RUNS,
            dagrun_timeout=limit,
            default_args=POLICY,
            params=day_params(),
            user_defined_macros={"day": partial(day_to_work_on, schedule=schedule)},
            doc_md=doc,
            tags=["microstep"],
            deadline=deadline(schedule.deadline_hours, cron, timezone),
            on_failure_callback=[alerts.failed, *cleanup],
            on_success_callback=[alerts.succeeded, *cleanup],
        )

    def step(self, name: str, *, day: str = DAY) -> BaseOperator:
        """A step for one day."""
        runner, options = self._runner(name)
        return runner(task_id=name, day=day, **options)

    def step_for_each(self, name: str, *, days: XComArg) -> MappedOperator:
        """A step for each of several days."""
        runner, options = self._runner(name)
        return runner.partial(task_id=name, map_index_template=EACH_DAY, **options).expand(day=days)

    def approval(self) -> tuple[BaseOperator, BaseOperator]:
        """Ask a person about the run's challenger, then have the answer carried out."""
        from microstep_airflow.approval import AskOperator  # costs 0.1 s, and few pipelines ask

        ask = AskOperator(
            task_id="ask",
            day=DAY,
            config=self.config,
            settings=self.settings,
            limit=ANSWER_LIMIT,
        )
        runner, options = self._runner("validate")
        return ask, runner(task_id="decide", day=DAY, arguments=ask.output, **options)

    def wait_for(self, artifact: str) -> ArrivalSensor:
        """Wait until something of the run's day (or the champion) is there."""
        return ArrivalSensor(artifact=artifact, day=DAY, **self._wait(artifact))

    def wait_for_each(self, artifact: str, *, days: XComArg) -> MappedOperator:
        """Wait until something is there for each of several days."""
        options = {**self._wait(artifact), "map_index_template": EACH_DAY}
        return ArrivalSensor.partial(artifact=artifact, **options).expand(day=days)

    def training_window(self) -> XComArg:
        """The days that the training of the run's day uses, oldest first."""
        return training_window(self.config)

    def dag_without_day(self, name: str, cron: str, doc: str | None) -> DAG:
        """A DAG that looks after the stack and works on no day; nobody is told of its runs."""
        return DAG(
            name,
            schedule=cron,
            start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")),
            catchup=False,
            max_active_runs=1,
            dagrun_timeout=timedelta(hours=1),
            default_args={**POLICY, "execution_timeout": timedelta(minutes=10)},
            doc_md=doc,
            tags=["microstep"],
        )

    def maintenance(self) -> None:
        """Send the mails that wait; where steps have containers, look after those and after replaced files."""
        send_mails(self.config, self.settings.mails)
        if self.settings.runner == "docker":
            end_containers(str(self.settings.home))
            tell_of_replaced(self.config, self.settings)

    def _runner(self, name: str) -> tuple[type[BaseOperator], dict[str, Any]]:
        settings, step = self.settings, STEPS[name]
        options: dict[str, Any] = {
            "step": name,
            "home": str(settings.home),
            "data_root": str(settings.data_root),
            "config": str(settings.config),
            "pool": POOL,
        }
        # every task imports its DAG file anew: only the runner in use is loaded, Docker's client costs 0.2 s
        if settings.runner == "process":
            from microstep_airflow.operators.process_step import ProcessStepOperator

            return ProcessStepOperator, options
        from microstep_airflow.operators.docker_step import DockerStepOperator

        reads_sql = "inbox" in step.reads and isinstance(self.config.source, Sql)
        # who has to do with models talks to the registry
        signs = step.uses_registry and self.config.training.sign
        network = REGISTRY_NETWORK if step.uses_registry else SQL_NETWORK if reads_sql else None
        return DockerStepOperator, {
            **options,
            "project": settings.project,
            "network": network and f"{settings.project}-{network}",
            "uses_registry": step.uses_registry,
            "secrets": SQL_SECRETS if reads_sql else MODEL_SECRETS if signs else None,
            "memory": settings.memory,
            "cpus": settings.cpus,
        }

    def _wait(self, artifact: str) -> dict[str, Any]:
        return {
            "task_id": f"wait_for_{artifact}",
            "data_root": str(self.settings.data_root),
            "timeout": self.config.schedule.sensor_timeout_hours * 3600,
            "poke_interval": 5.0,
            # its own time limit is the timeout; this one is for a look that hangs
            "execution_timeout": timedelta(minutes=5),
        }
