"""Run a step as a container: DockerOperator with the rules of every step."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from airflow.providers.docker.exceptions import DockerContainerFailedException
from airflow.providers.docker.operators.docker import DockerOperator
from airflow.sdk import Context, XComArg
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import Mount
from requests.exceptions import RequestException

from microstep_airflow.machines.names import HEAD
from microstep_airflow.machines.version import MACHINE, RENEW, why_not_here
from microstep_airflow.operators.docker_client import StepDockerClient, end
from microstep_airflow.operators.exit_codes import raise_for
from microstep_airflow.operators.links import HasLinks
from microstep_airflow.operators.skip_check import Changed, Machine, up_to_date
from microstep_airflow.pipelines import dag_id, file_of, within
from microstep_airflow.schedule.retries import NotOnThisMachine, Stopped

DATA_ROOT = "/data"
CONFIG = "/config/pipeline.toml"
SECRETS = "/run/secrets"
LOGIN = "/run/registry"
REGISTRY = "http://mlflow:5000"
# the owner when the data root belongs to root, under which no step runs; also the images' own user
ORDINARY_USER = "1000:1000"
UID_MAP = Path("/proc/self/uid_map")


class DockerStepOperator(HasLinks, DockerOperator):
    """One step for one day.

    The image is `<project>-<step>` and never pulled; the container's name, made from pipeline, step and day, is the
    lock against a second copy. It runs as the owner of the data root, with the limits that `docker_client` lists.

    :param step: its name
    :param day: YYYY-MM-DD
    :param data_root: as Airflow sees it
    :param config: the pipeline's file, as Airflow sees it
    :param pipeline: its name; empty for that of a lone pipeline.toml
    :param project: the stack's name, with which those of image, container and volume begin
    :param home: the checkout on the engine's host, from which data root and file are mounted
    :param network: that the step joins; None for no network
    :param uses_registry: tell the step where MLflow is, and give it its own log-in there
    :param secrets: the folder of the checkout with the step's secrets, below `home`; None for none
    :param memory: the limit, as Docker writes it
    :param cpus: the limit, in processors
    :param arguments: a command of the step's own with its options; none for the day's work
    :param force: the option that does the work again; empty for none
    :param pages, mlflow: addresses for the links of its page, as `links` has them
    """

    template_fields: Sequence[str] = (*DockerOperator.template_fields, "day", "labels", "arguments", "force")
    ui_color = "#dbeafe"

    def __init__(
        self,
        *,
        step: str,
        day: str,
        data_root: str,
        config: str,
        project: str,
        home: str,
        network: str | None,
        uses_registry: bool,
        secrets: str | None,
        memory: str,
        cpus: float,
        pipeline: str = "",
        arguments: Sequence[str] | XComArg = (),
        force: str = "",
        pages: str = "",
        mlflow: str = "",
        **kwargs: Any,
    ) -> None:
        mounts = [
            Mount(DATA_ROOT, f"{home}/{within('data', pipeline)}", type="bind", read_only=False),
            Mount(CONFIG, f"{home}/{file_of(pipeline)}", type="bind", read_only=True),
        ]
        environment = {
            "MICROSTEP_DATA_ROOT": DATA_ROOT,
            "MICROSTEP_CONFIG": CONFIG,
            "MICROSTEP_LOG_FORMAT": "text",
        }
        if uses_registry:
            environment["MLFLOW_TRACKING_URI"] = REGISTRY
            mounts.append(Mount(LOGIN, f"{project}_registry-{step}", type="volume", read_only=True))
        if secrets is not None:
            mounts.append(Mount(SECRETS, f"{home}/{secrets}", type="bind", read_only=True))
        super().__init__(
            image=f"{project}-{step}",
            container_name=f"{project}-{dag_id(pipeline, step)}-{day}",
            labels={
                "microstep.root": home,
                **({"microstep.pipeline": pipeline} if pipeline else {}),
                "microstep.step": step,
                "microstep.day": day,
                "microstep.dag": "{{ dag.dag_id }}",
                "microstep.run": "{{ run_id }}",
                "microstep.task": "{{ task.task_id }}",
                "microstep.try": "{{ ti.try_number }}",
            },
            environment=environment,
            mounts=mounts,
            network_mode=network or "none",
            mem_limit=memory,
            auto_remove="force",
            mount_tmp_dir=False,
            do_xcom_push=False,
            **kwargs,
        )
        self.step = step
        self.day = day
        self.data_root = data_root
        self.config = config
        self.pipeline = pipeline
        self.home = home
        self.limit = cpus
        self.arguments = arguments
        self.force = force
        self.pages, self.mlflow = pages, mlflow
        self.stopped = False

    @cached_property
    def cli(self) -> StepDockerClient:
        """The engine's client. Raises AirflowException when the engine does not answer."""
        return StepDockerClient(str(self.docker_url), cpus=self.limit)

    def execute(self, context: Context) -> None:
        """Run the step, unless there is nothing to do; raise what `exit_codes` says about its end."""
        if why := why_not_here():
            raise NotOnThisMachine(why)
        self._normalize_mounts()
        assert not isinstance(self.arguments, XComArg), "rendered before the task is executed"
        self.command = [*self.arguments, *self._day()]
        try:
            image = self.environment["MICROSTEP_IMAGE"] = self.cli.inspect_image(self.image)["Id"]
            if not self.arguments and not self.force and self._nothing_to_do(image):
                return
            self.user = owner(Path(self.data_root))
            self._run_image_with_mounts(self.mounts, add_tmp_variable=False)
        except DockerContainerFailedException as end:
            self._unless_stopped()
            raise_for(self.cli.exit_code, [str(line) for line in end.logs or ()], context, str(self.mem_limit))
        except ImageNotFound:
            if (machine := os.environ.get(MACHINE, HEAD)) != HEAD:
                raise NotOnThisMachine(f"{self.image}: is not on the machine {machine}; {RENEW}") from None
            raise AirflowFailException(
                f"{self.image}: must be on this machine, it is never pulled; build it: docker compose build {self.step}"
            ) from None
        except APIError as error:
            self._unless_stopped()
            # the engine's own trouble may pass; what it refuses now it refuses again
            kind = AirflowException if error.is_server_error() else AirflowFailException
            raise kind(f"{self.container_name}: the engine refused: {error.explanation}") from error
        except (DockerException, RequestException) as error:
            raise AirflowException(f"{self.docker_url}: the engine does not answer: {error}") from error

    def _unless_stopped(self) -> None:
        if self.stopped:
            raise Stopped(f"{self.container_name}: stopped when Airflow ended the task") from None

    def _nothing_to_do(self, image: str) -> bool:
        """Whether the step would find its day up to date; docs/decisions/0016."""
        machine = Machine(Path(self.data_root), Path(self.config), self.home, image, REGISTRY, self.pipeline)
        try:
            datasets = up_to_date(self.step, self.day, machine)
        except Changed as reason:
            self.log.info("%s is started: %s", self.container_name, reason)
            return False
        try:
            self.cli.inspect_container(self.container_name)
        except NotFound:
            for dataset in datasets:
                self.log.info("%s: up to date, no container was started", dataset)
            return True
        return False  # one is at work, or was left by a lost try of this task: `docker_client` knows what to do

    @property
    def by_hand(self) -> str:
        """The command that does the same, in the checkout."""
        assert not isinstance(self.arguments, XComArg), "rendered before the task is executed"
        which = f"MICROSTEP_PIPELINE={self.pipeline} " if self.pipeline else ""
        return f"{which}docker compose run --rm {self.step} {shlex.join([*self.arguments, *self._day()])}"

    def _day(self) -> list[str]:
        return ["--day", self.day, *([self.force] if self.force else [])]

    def on_kill(self) -> None:
        """Stop and remove the container when Airflow ends the task."""
        self.stopped = True
        if self.container:
            end(self.cli, self.container["Id"])


def owner(path: Path) -> str:
    """uid:gid of a directory's owner, so that what a step writes there is the owner's too; never root of the machine.

    A rootless engine maps root, and it alone, to the person who started it: there it is the owner like any other.
    """
    status = path.stat()
    if status.st_uid:
        return f"{status.st_uid}:{status.st_gid}"
    return "0:0" if UID_MAP.read_text().split()[2:3] == ["1"] else ORDINARY_USER
