"""The servers of the embedded way: MLflow and Airflow as child processes of this one, on 127.0.0.1."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

import kept
from airflow_api import AirflowApi
from checkout.steps import steps
from make_secrets import LOGINS, Secret, hand_out, new_logins, write
from server import START_SECONDS, Server, Trouble, free_port, python_environment

PARTS = (*steps(), "mlflow", "airflow")
MLFLOW_PORT = 5000
"""Of MLflow's pages in `make ui`."""
DAGS = frozenset({"generate", "train", "predict"})


def make_environments(root: Path, tell: Callable[[str], None], parts: Sequence[str] = PARTS) -> None:
    """Make `.venvs/<part>` for every part that the embedded way needs. Raises Trouble."""
    for part in parts:
        tell(part)
        if code := kept.run([root / "dev" / "env", part]):
            raise Trouble(f"The environment .venvs/{part} could not be made: dev/env {part} ended with {code}.")


def mlflow_server(root: Path, home: Path, port: int | None = None, hold: Sequence[int] = ()) -> Server:
    """An MLflow server on SQLite, with its artifacts beside it."""
    port = free_port(port, "MLflow")
    store = home / "mlflow"
    store.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [
        root / ".venvs" / "mlflow" / "bin" / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{store / 'mlflow.db'}", "--artifacts-destination", str(store / "artifacts"),
        "--workers", "1", "--app-name", "microstep",
    ]  # fmt: skip
    logins = make_logins(home)
    # it keeps runs and models and nothing else: its job workers would cost more than the server itself
    env = python_environment() | {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MICROSTEP_MLFLOW_LOGINS": str(logins),
        "PYTHONPATH": str(root / "infra" / "mlflow"),
    }
    return Server("MLflow", command, home / "mlflow.log", f"http://127.0.0.1:{port}", "/health", env, hold)


def make_logins(home: Path) -> Path:
    """The file with all log-ins to MLflow, made once; each step's own is below `registry/`."""
    folder, me = home / "secrets", (os.getuid(), os.getgid())
    (folder / "registry").mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / LOGINS).exists():
        write(folder / LOGINS, Secret(json.dumps(new_logins()), me, 0o400))
    hand_out(folder, folder / "registry", me)
    return folder / LOGINS


def mlflow_password(home: Path) -> str:
    """Of the user admin."""
    return str(json.loads(make_logins(home).read_text())["admin"])


class Airflow(Server):
    """`airflow standalone`: scheduler, DAG processor, triggerer and API server in one session."""

    dags = DAGS
    """What must be there before it counts as ready."""
    folder = Path("airflow", "dags")
    """Where they are, below the root."""

    def __init__(
        self, root: Path, home: Path, tracking: str, port: int | None = None, hold: Sequence[int] = ()
    ) -> None:
        port = free_port(port, "Airflow")
        self._home = home / "airflow"
        url = f"http://127.0.0.1:{port}"
        env = python_environment() | {
            "AIRFLOW_HOME": str(self._home),
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_FOLDER": str(root / self.folder),
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__CORE__PARALLELISM": "4",
            # on a busy machine its parts wait for each other longer than the 5 s that SQLite gives them
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self._home / 'airflow.db'}?timeout=60",
            # and a task waits longer than that for the server, which may be the one that waits
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "90",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self._home / "logs"),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
            "MICROSTEP_CONFIG": str(home / "pipeline.toml"),
            "MICROSTEP_DATA_ROOT": str(home / "data"),
            "MICROSTEP_HOME": str(root),
            "MICROSTEP_RUNNER": "process",
            # where `make ui` has it: links are kept longer than this server
            "MICROSTEP_MLFLOW_URL": f"http://127.0.0.1:{MLFLOW_PORT}",
            "MICROSTEP_MLFLOW_LOGINS_OF_STEPS": str(home / "secrets" / "registry"),
            "MLFLOW_TRACKING_URI": tracking,
            "PATH": f"{root / '.venvs' / 'airflow' / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": f"{root / 'libs' / 'contract'}:{root / 'airflow'}",
        }
        command: list[str | Path] = [root / ".venvs" / "airflow" / "bin" / "airflow", "standalone"]
        self.api = AirflowApi(url, self.password)
        super().__init__("Airflow", command, home / "airflow.log", url, "/api/v2/monitor/health", env, hold)

    def ready(self) -> bool:
        """Whether all parts are healthy and the pipeline's DAGs are there; makes the pool of the steps on the way."""
        # the interface that tasks talk to is made at its first request, in seconds that no task should wait for
        urllib.request.urlopen(self.url + "/execution/health", timeout=START_SECONDS).close()
        health = self.api.health()
        if any(health[part]["status"] != "healthy" for part in ("scheduler", "dag_processor", "triggerer")):
            return False
        if all(pool["name"] != "steps" for pool in self.api.call("GET", "/api/v2/pools")["pools"]):
            pool = {"name": "steps", "slots": 2, "include_deferred": False, "description": "steps that run at once"}
            self.api.call("POST", "/api/v2/pools", pool)
        return {dag["dag_id"] for dag in self.api.call("GET", "/api/v2/dags")["dags"]} >= self.dags

    def password(self) -> str:
        """Of the user admin, made by Airflow at its first start."""
        return str(json.loads((self._home / "simple_auth_manager_passwords.json.generated").read_text())["admin"])
