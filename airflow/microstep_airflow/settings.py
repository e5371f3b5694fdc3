"""Where things are on this machine, from the environment: read once, when a DAG file is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from microstep_airflow.pipelines import FOLDER, dag_id

RUNNERS = ("docker", "process")


@dataclass(frozen=True)
class Settings:
    """What differs from machine to machine, and where the things of a pipeline are; the rest is in its file."""

    runner: Literal["docker", "process"]
    data_root: Path
    """As Airflow sees it: a pipeline's own, or, before one is chosen, what those of all are in."""
    config: Path
    """The pipeline's file, as Airflow sees it; before one is chosen, pipeline.toml."""
    home: Path
    """The checkout: for `docker` as the engine's host sees it (bind mounts), for `process` as Airflow sees it."""
    memory: str
    """Of one step's container, as Docker writes it: 2g."""
    cpus: float
    """Of one step's container."""
    mails: Path
    """The folder of mails that no server has taken yet."""
    mlflow: str
    """The address of MLflow's pages; empty when there is none to show."""
    pages: str = ""
    """The address at which the folder `data/` is to be seen, with `reports/` in it; empty when nobody shows it."""
    project: str = "microstep"
    """Compose's name of the stack, with which those of its images, containers, networks and volumes begin."""
    has_workers: bool = False
    """Whether tasks are given to Celery's workers, on this machine and others."""
    pipeline: str = ""
    """The pipeline's name; empty for that of a lone pipeline.toml, and before one is chosen."""

    def of(self, pipeline: str) -> Settings:
        """The settings of a pipeline, of those that no pipeline is chosen in."""
        if not pipeline:
            return self
        return replace(
            self,
            pipeline=pipeline,
            data_root=self.data_root / pipeline,
            config=self.config.parent / FOLDER / f"{pipeline}.toml",
            mails=self.mails / FOLDER / pipeline,
        )

    def dag_id(self, dag: str) -> str:
        """The id of a DAG of the pipeline."""
        return dag_id(self.pipeline, dag)

    def kept(self, variable: str) -> str:
        """The name of the Airflow variable in which the pipeline keeps what others keep for themselves."""
        return f"{variable}_{self.pipeline}" if self.pipeline else variable

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings in the environment; ValueError names the variable that is missing or wrong."""
        runner = environment.get("MICROSTEP_RUNNER", "docker")
        if runner not in RUNNERS:
            raise ValueError(f"MICROSTEP_RUNNER: must be one of {', '.join(RUNNERS)}, got {runner!r}")
        variable = "MICROSTEP_HOST_ROOT" if runner == "docker" else "MICROSTEP_HOME"
        home = Path(environment.get(variable, ""))
        if not home.is_absolute():
            raise ValueError(f"{variable}: must be the checkout's absolute path, got {environment.get(variable)!r}")
        inside = Path("/") if runner == "docker" else home
        default_config = Path("/config/pipeline.toml") if runner == "docker" else home / "pipeline.toml"
        return cls(
            runner=cast("Literal['docker', 'process']", runner),
            data_root=Path(environment.get("MICROSTEP_DATA_ROOT", inside / "data")),
            config=Path(environment.get("MICROSTEP_CONFIG", default_config)),
            home=home,
            memory=environment.get("MICROSTEP_STEP_MEMORY", "2g"),
            cpus=float(environment.get("MICROSTEP_STEP_CPUS", "1")),
            mails=Path(environment.get("AIRFLOW_HOME", "/opt/airflow"), "mails"),
            mlflow=environment.get("MICROSTEP_MLFLOW_URL", ""),
            pages=environment.get("MICROSTEP_PAGES_URL", "").rstrip("/"),
            project=environment.get("MICROSTEP_PROJECT", "microstep"),
            has_workers="CeleryExecutor" in environment.get("AIRFLOW__CORE__EXECUTOR", ""),
        )
