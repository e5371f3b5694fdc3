"""Real stacks to measure: a copy of the checkout with as many pipelines as asked, a name, ports and volumes of its own.

Images are those of `make build`, under another name for as long as the stack is up. Nothing runs by the schedule.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("demo", "tests/end_to_end")]

from airflow_api import AirflowApi  # noqa: E402 - the path comes first
from stack import copy_checkout  # noqa: E402

IMAGES = ("airflow", "mlflow", "socket-proxy", "pages", "generate", "preprocess", "train", "validate", "predict")
DAY = "2026-01-07"
LITTLE = {
    'name = "microstep"': 'name = "{name}"',
    "rows = 2000": "rows = 500",
    "window_days = 7": "window_days = 1",
    "roc_auc = 0.70": "roc_auc = 0.50",
    "min_test_rows = 100": "min_test_rows = 10",
    "max_calibration_error = 0.10": "max_calibration_error = 0.50",
}
"""What makes the shipped pipeline.toml a small one of another name."""


def little_pipeline(name: str) -> str:
    """A small pipeline.toml."""
    text = (ROOT / "pipeline.toml").read_text()
    for old, new in LITTLE.items():
        assert old in text, old
        text = text.replace(old, new.format(name=name))
    return text


def write_pipelines(checkout: Path, count: int) -> list[str]:
    """`p0`, `p1`, … as `make new` leaves them; their names."""
    (checkout / "pipeline.toml").write_text("# none\n")
    names = [f"p{number}" for number in range(count)]
    for name in names:
        for folder in (f"data/{name}", f"secrets/sql/{name}", f"secrets/models/{name}"):
            (checkout / folder).mkdir(parents=True)
            if os.geteuid() == 0:
                os.chown(checkout / folder, 1000, 1000)
        (checkout / "pipelines" / f"{name}.toml").write_text(little_pipeline(name))
    return names


@dataclass(frozen=True)
class Stack:
    """One that is up."""

    project: str
    checkout: Path
    port: int
    pipelines: list[str]

    @cached_property
    def airflow(self) -> AirflowApi:
        """Its Airflow."""
        return AirflowApi(f"http://127.0.0.1:{self.port}", self._password)

    def _password(self) -> str:
        return str(json.loads(self.exec("airflow-apiserver", "cat", "/run/microstep/airflow/passwords.json"))["admin"])

    def container(self, part: str) -> str:
        """The name of a part's container."""
        return f"{self.project}-{part}-1"

    def exec(self, part: str, *command: str) -> str:
        """What a command in a part prints."""
        return output("docker", "exec", self.container(part), *command)

    def sql(self, query: str) -> list[list[str]]:
        """The rows of a query on Airflow's database."""
        command = ["psql", "--username=postgres", "--dbname=airflow", "--tuples-only", "--no-align", "--command", query]
        return [line.split("|") for line in self.exec("postgres", *command).splitlines() if line]

    def wait_for_dags(self, seconds: float = 900) -> float:
        """Return when Airflow answers and all DAGs are there; the seconds that it took. Raises TimeoutError."""
        begin, wanted, there = time.monotonic(), 3 * len(self.pipelines) + 1, 0
        while there < wanted:
            if time.monotonic() - begin > seconds:
                raise TimeoutError(f"{self.project}: {wanted} DAGs must be there within {seconds:g} s, are {there}")
            time.sleep(2)
            with suppress(OSError, SystemExit):  # it does not answer yet, or has no log-in yet
                there = self.airflow.call("GET", "/api/v2/dags?limit=1")["total_entries"]
        return time.monotonic() - begin


def output(*command: str, cwd: Path = ROOT, **variables: str) -> str:
    """What a command prints. Raises SystemExit with it when it fails."""
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


@contextmanager
def running(project: str, count: int, port: int, *settings: str) -> Iterator[Stack]:
    """A stack with so many pipelines; removed with all it made at the end.

    :param port: of Airflow's page; MLflow's and the mails' are the two after it
    :param settings: more lines for its .env
    """
    with tempfile.TemporaryDirectory(prefix=f"{project}-", ignore_cleanup_errors=True) as name:
        checkout = Path(name)
        checkout.chmod(0o755)  # containers of other users read below it
        copy_checkout(checkout)
        pipelines = write_pipelines(checkout, count)
        ports = {"AIRFLOW": port, "MLFLOW": port + 1, "MAIL": port + 2}
        lines = [f"MICROSTEP_PROJECT={project}", "MICROSTEP_USER=1000:1000", "MICROSTEP_SCHEDULE=false", *settings]
        lines += [f"MICROSTEP_{page}_PORT={number}" for page, number in ports.items()]
        (checkout / ".env").write_text("\n".join(lines) + "\n")
        for image in IMAGES:
            output("docker", "tag", f"microstep-{image}", f"{project}-{image}")
        variables = {"PWD": str(checkout), "COMPOSE_PROJECT_NAME": project}
        try:
            output("docker", "compose", "up", "--detach", "--no-build", cwd=checkout, **variables)
            stack = Stack(project, checkout, port, pipelines)
            stack.wait_for_dags()
            yield stack
        finally:
            output("docker", "compose", "down", "--volumes", cwd=checkout, **variables)
            output("docker", "rmi", *(f"{project}-{image}" for image in IMAGES))
            shutil.rmtree(checkout / "data", ignore_errors=True)
