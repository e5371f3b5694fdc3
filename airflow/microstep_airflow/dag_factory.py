"""What DAG files declare with: DAGs, steps and waits that keep the rules of this project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, BaseOperator, TaskGroup, XComArg, chain, get_parsing_context, task_group
from airflow.sdk.definitions.mappedoperator import MappedOperator

from contract.config import Config
from contract.config.source import Files
from microstep_airflow.alerts.callbacks import RunAlerts
from microstep_airflow.alerts.deadline import deadline
from microstep_airflow.alerts.task_failures import record_failure
from microstep_airflow.guide import guide
from microstep_airflow.machines.names import STEPS, on_the_head
from microstep_airflow.operators.orphans import end_orphans
from microstep_airflow.pipelines import of_dag, read_catalog, read_one
from microstep_airflow.runners import runner_of
from microstep_airflow.schedule.days import DAY, day_params, day_to_work_on, timetable
from microstep_airflow.schedule.lacking import EACH_DAY, days_of_run, days_with_labels
from microstep_airflow.schedule.retries import AFTER_A_LOST_TRY, MOST_TRIES_LOST, FailuresAlone
from microstep_airflow.schedule.window import days_that_train, training_window, trainings_asked_for
from microstep_airflow.sensors import ArrivalSensor
from microstep_airflow.settings import Settings

MOST_ACTIVE_RUNS = 16
STEP_LIMIT = timedelta(hours=6)
# shorter than the week between two trainings, so that a question is closed when the next one comes
ANSWER_LIMIT = timedelta(days=6)
EACH_DAY_NAME = "{{ task.day }}"

POLICY: dict[str, Any] = {
    "owner": "microstep",
    "queue": STEPS,
    "retries": MOST_TRIES_LOST,
    "retry_delay": AFTER_A_LOST_TRY,
    "retry_policy": FailuresAlone(),
    "execution_timeout": STEP_LIMIT,
    "on_failure_callback": record_failure,
}


@dataclass(frozen=True)
class DagFactory:
    """A pipeline's configuration and the machine's settings, and what follows from them for every DAG."""

    config: Config
    settings: Settings

    @classmethod
    def each(cls) -> Iterator[DagFactory]:
        """The factory of each pipeline whose file can be read; in a task's process, of the one that it belongs to.

        Raises StepError for what is wrong with a lone pipeline.toml, ValueError with the environment.
        """
        settings = Settings.read()
        pipeline, _ = of_dag(get_parsing_context().dag_id or "")
        if pipeline:
            # whatever the others are: to read fifty of them would cost each task a second
            good = {pipeline: read_one(pipeline, settings.config, settings.data_root)}
        else:
            good = dict(read_catalog(settings.config, settings.data_root).good)
        for name, config in good.items():
            yield cls(config, settings.of(name))

    @property
    def needs_approval(self) -> bool:
        """Whether a person says the last word about a challenger."""
        return self.config.gate.approval == "manual"

    def dag(self, name: str, cron: str, doc: str | None, *, needs_approval: bool = False) -> DAG:
        """A DAG that keeps the rules.

        :param name: its id, before which stands that of the pipeline
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
            self.settings.dag_id(name),
            schedule=timetable(cron, schedule.timezone),
            start_date=datetime.combine(schedule.first_day, datetime.min.time(), timezone),
            catchup=False,
            # a run that waits for its data must not hold up the others: docs/decisions/0008
            max_active_runs=MOST_ACTIVE_RUNS,
            dagrun_timeout=limit,
            default_args=POLICY | {"priority_weight": 1 + schedule.priority, "weight_rule": "absolute"},
            params=day_params(),
            user_defined_macros={"day": partial(day_to_work_on, schedule=schedule)},
            doc_md=guide(doc or "", name, self.settings),
            tags=["microstep", *([self.settings.pipeline] if self.settings.pipeline else [])],
            deadline=deadline(schedule.deadline_hours, cron, timezone),
            on_failure_callback=[alerts.failed, *cleanup],
            on_success_callback=[alerts.succeeded, *cleanup],
        )

    def step(self, name: str, *, day: str = DAY, **more: Any) -> BaseOperator:
        """A step for one day."""
        runner, options = runner_of(name, self.config, self.settings)
        return runner(task_id=name, day=day, **options | more)

    def days_of_run(self, step: Literal["generate", "predict"]) -> XComArg:
        """The days of a run: its own, or those that were asked for, and the earlier ones that lack something."""
        return days_of_run(step, self.config, self.settings)

    def each_day(self, days: XComArg, *, waits: Sequence[str] = (), steps: Sequence[str]) -> TaskGroup:
        """For each day, whatever becomes of the others: wait for things, then run steps."""

        @task_group(prefix_group_id=False)
        def each_day(day: str) -> None:
            named = {"map_index_template": EACH_DAY_NAME}
            arrived = [self.wait_for(artifact, day=EACH_DAY, **named) for artifact in waits]
            chain(*arrived, *[self.step(name, day=EACH_DAY, **named) for name in steps])

        return cast("TaskGroup", each_day.expand(day=days))

    def step_for_each(self, name: str, *, days: XComArg, task: str = "") -> MappedOperator:
        """A step for each of several days; `task`: its name, where the step's is another one's."""
        runner, options = runner_of(name, self.config, self.settings)
        return runner.partial(task_id=task or name, map_index_template=EACH_DAY_NAME, **options).expand(day=days)

    def approval(self) -> tuple[BaseOperator, BaseOperator]:
        """Ask a person about the run's challenger, then have the answer carried out."""
        from microstep_airflow.approval import AskOperator  # costs 0.1 s, and few pipelines ask

        ask = AskOperator(
            task_id="ask",
            day=DAY,
            config=self.config,
            settings=self.settings,
            limit=ANSWER_LIMIT,
            **on_the_head(self.settings),  # where the mail that somebody is asked is put into the outbox
        )
        runner, options = runner_of("validate", self.config, self.settings)
        # an answer is given once
        return ask, runner(task_id="decide", day=DAY, arguments=ask.output, **options | {"force": ""})

    def wait_for(self, artifact: str, *, day: str = DAY, **more: Any) -> ArrivalSensor:
        """Wait until something of a day (or the champion) is there."""
        return ArrivalSensor(artifact=artifact, day=day, **self._wait(artifact), **more)

    def wait_for_each(self, artifact: str, *, days: XComArg) -> MappedOperator:
        """Wait until something is there for each day of a window; what does not come may lack."""
        options = {
            **self._wait(artifact),
            "may_lack": True,
            "label_days": self.config.label_days,
            "map_index_template": EACH_DAY_NAME,
        }
        return ArrivalSensor.partial(artifact=artifact, **options).expand(day=days)

    def training_window(self) -> XComArg:
        """The days that the training of the run's day uses, oldest first."""
        return training_window(self.config)

    def days_that_train(self, window: XComArg) -> XComArg:
        """Those that are there after the wait, if they are enough."""
        return days_that_train(window, self.config, self.settings)

    def days_with_labels(self) -> tuple[XComArg, MappedOperator] | tuple[()]:
        """Generate earlier days again whose inbox got labels while a run did its days; none but files have such."""
        if not isinstance(self.config.source, Files):
            return ()
        days = days_with_labels(self.config, self.settings)
        return days, self.step_for_each("generate", days=days, task="generate_again")

    def first_training(self) -> BaseOperator:
        """Start the DAG `train` as soon as there is a whole window and no champion that can be used."""
        from microstep_airflow.operators.start_run import FirstTrainingOperator

        return FirstTrainingOperator(
            task_id="first_training",
            trigger_dag_id=self.settings.dag_id("train"),
            day=DAY,
            config=self.config,
            data_root=str(self.settings.data_root),
        )

    def all_days(self) -> BaseOperator:
        """Fails the run where a day failed: a run is judged by its last tasks, and others go on after such a day."""
        # no day got labels, or none lacks anything: that is no failure
        return EmptyOperator(task_id="all_days", trigger_rule="none_failed")

    def train_each_day(self) -> MappedOperator:
        """Train for several days, which somebody asked for: a run for each, one after the other."""
        from microstep_airflow.operators.start_run import StartRunOperator

        one_by_one = StartRunOperator.partial(
            task_id="train_each_day", trigger_dag_id=self.settings.dag_id("train"), **StartRunOperator.WAITS
        )
        return one_by_one.expand(conf=trainings_asked_for(self.config))

    def _wait(self, artifact: str) -> dict[str, Any]:
        caught_up = artifact == "champion" and self.config.schedule.catch_up_days > 0
        return {
            "config": self.config if caught_up else None,
            "task_id": f"wait_for_{artifact}",
            "data_root": str(self.settings.data_root),
            "timeout": self.config.schedule.sensor_timeout_hours * 3600,
            "poke_interval": 5.0,
            # its own time limit is the timeout; this one is for a look that hangs
            "execution_timeout": timedelta(minutes=5),
        }
