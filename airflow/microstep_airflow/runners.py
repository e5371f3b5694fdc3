"""What starts the steps on this machine, and with what each is started."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, BaseOperator

from contract.config import Config
from contract.config.source import Files, Sql
from microstep_airflow.machines.names import HEAD, queue_of, queue_on
from microstep_airflow.pipelines import dag_id, within
from microstep_airflow.schedule.days import FORCE
from microstep_airflow.schedule.retries import FailuresAlone
from microstep_airflow.settings import Settings
from microstep_airflow.steps import STEPS

POOL = "steps"
REGISTRY_NETWORK, SQL_NETWORK = "steps", "sql"
SQL_SECRETS = "secrets/sql"
MODEL_SECRETS = "secrets/models"


def runner_of(name: str, config: Config, settings: Settings) -> tuple[type[BaseOperator], dict[str, Any]]:
    """The operator of a step, and its options but for task and day."""
    step = STEPS[name]
    options: dict[str, Any] = {
        "step": name,
        "home": str(settings.home),
        "data_root": str(settings.data_root),
        "config": str(settings.config),
        "force": FORCE,
        "pool": POOL,
        "queue": queue_of(name),
        "pages": settings.pages and within(settings.pages, settings.pipeline),
        "mlflow": settings.mlflow,
        **assets_of(name, config, settings),
    }
    reads_sql = "inbox" in step.reads and isinstance(config.source, Sql)
    if reads_sql:
        # the network in which databases are is the head's alone
        options |= {"retry_policy": FailuresAlone(config.schedule), "queue": queue_on(HEAD)}
    # every task imports its DAG file anew: only the runner in use is loaded, Docker's client costs 0.2 s
    if settings.runner == "process":
        from microstep_airflow.operators.process_step import ProcessStepOperator

        return ProcessStepOperator, options
    from microstep_airflow.operators.docker_step import DockerStepOperator

    # who has to do with models talks to the registry
    signs = step.uses_registry and config.training.sign
    secrets = SQL_SECRETS if reads_sql else MODEL_SECRETS if signs else None
    network = REGISTRY_NETWORK if step.uses_registry else SQL_NETWORK if reads_sql else None
    return DockerStepOperator, {
        **options,
        "pipeline": settings.pipeline,
        "project": settings.project,
        "network": network and f"{settings.project}-{network}",
        "uses_registry": step.uses_registry,
        "secrets": secrets and within(secrets, settings.pipeline),
        "memory": settings.memory,
        "cpus": settings.cpus,
    }


def assets_of(name: str, config: Config, settings: Settings) -> dict[str, list[Asset]]:
    """What a step reads and writes, for Airflow's graph of assets; no DAG is scheduled by them.

    Named like the DAGs, `churn.predictions`: of one pipeline in all its days, since the day is the run's.
    """
    step = STEPS[name]
    reads = [kind for kind in (*step.reads, *step.may_read) if kind != "inbox" or isinstance(config.source, Files)]
    group = settings.pipeline or settings.project
    return {
        side: [Asset(dag_id(settings.pipeline, kind), group=group) for kind in kinds]
        for side, kinds in (("inlets", reads), ("outlets", step.writes))
    }
