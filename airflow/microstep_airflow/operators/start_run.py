"""Start runs of the DAG `train` that no schedule asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from contract.config import Config
from contract.days import parse_day
from contract.due.training import first_training_is_due
from contract.layout import Layout
from microstep_airflow.schedule.days import asked_days


class StartRunOperator(TriggerDagRunOperator):
    """Starts a run, by the name of the run that asks for it: a try that was lost starts no second one."""

    WAITS: ClassVar[dict[str, Any]] = {
        "wait_for_completion": True,
        "deferrable": True,
        "poke_interval": 10,
        "max_active_tis_per_dagrun": 1,
        # what failed in a run is that run's to tell and to mend
        "retries": 0,
        "retry_policy": None,
    }
    """Of runs that are done one after the other: a model must be judged before one of a later day is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            trigger_run_id="{{ dag.dag_id }}__{{ run_id }}__{{ ti.map_index }}",
            logical_date=None,
            skip_when_already_exists=True,
            openlineage_inject_parent_info=False,
            **kwargs,
        )


class FirstTrainingOperator(StartRunOperator):
    """Starts the first training once its whole window is there and no champion can be used, whatever weekday it is.

    :param day: YYYY-MM-DD
    :param config: the pipeline's
    :param data_root: as Airflow sees it
    :param trigger_dag_id: the pipeline's DAG that trains
    """

    template_fields: Sequence[str] = (*TriggerDagRunOperator.template_fields, "day")

    def __init__(
        self, *, day: str, config: Config, data_root: str, trigger_dag_id: str = "train", **kwargs: Any
    ) -> None:
        # also after a day that failed or was skipped: the others may be all that it needs
        super().__init__(trigger_dag_id=trigger_dag_id, conf={"day": day}, trigger_rule="all_done", **kwargs)
        self.day = day
        self.config = config
        self.data_root = data_root

    def execute(self, context: Context) -> None:
        """Start it. Raises AirflowSkipException when it is not due, or the run is for days that somebody asked for."""
        if asked_days(context["dag_run"]) is not None:
            raise AirflowSkipException("who asks for days asks for their training, too")
        if not first_training_is_due(self.config, Layout(Path(self.data_root)), parse_day(self.day)):
            raise AirflowSkipException(
                f"{self.day}: there is a champion for this target, a day of its window lacks, or one was sought"
            )
        super().execute(context)
