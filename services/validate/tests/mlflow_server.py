"""MLflow's own server, where this machine has it; what is asked of it, no stand-in could judge."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

from contract.models.champion import CHAMPION

ROOT = Path(__file__).resolve().parents[3]
SERVER = ROOT / ".venvs" / "mlflow" / "bin" / "mlflow"
START_SECONDS = 120


@contextmanager
def serving(home, *options, **variables):
    """A server with its files in `home`, with more options and variables; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        # the server ends with this process, even when that is killed
        *(sys.executable, ROOT / "ops" / "keeper.py", "TERM", "20"),
        SERVER,
        "server",
        "--backend-store-uri",
        f"sqlite:///{home}/m.db",
        "--artifacts-destination",
        str(home / "a"),
    ]
    command += ["--host", "127.0.0.1", "--port", address.split(":")[1], "--workers", "1", *options]
    surroundings = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    surroundings |= variables
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=home, env=surroundings, start_new_session=True
        )
        try:
            _wait(f"http://{address}/health", process, home / "log")
            yield f"http://{address}"
        finally:
            process.stdin.close()
            process.wait(30)


def _wait(url, process, log):
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.5)


def use(project, server, monkeypatch):
    """Point a project to a registry, under a name that no other test uses."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    mlflow.set_tracking_uri(server)
    project.name = f"trial {project.root.name}"
    project.configure()
    mlflow.MlflowClient().create_registered_model(project.name)
    return project


def add_version(project, model):
    """A version of a model, as train registers it; its number."""
    client = mlflow.MlflowClient()
    source = "s3://nowhere/model"
    return str(client.create_model_version(project.name, source, tags=model.tags(), await_creation_for=0).version)


def register(project, day, quality):
    """A model of a day and its version, as train leaves them."""
    number = add_version(project, project.trained(day, quality))
    return project.trained(day, quality, version=number)


def aliased(project):
    """The version with the alias `champion`; None when there is none."""
    try:
        return mlflow.MlflowClient().get_model_version_by_alias(project.name, CHAMPION)
    except MlflowException:
        return None


def alias(project):
    """Its number."""
    version = aliased(project)
    return version and str(version.version)
