"""MLflow's own server on SQLite, and calls to it."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from microstep_mlflow.rules import MAY

MLFLOW = Path(sys.executable).with_name("mlflow")
START_SECONDS = 180


@contextmanager
def serving(home, *options):
    """The address of a server on SQLite."""
    home.mkdir()
    (home / "logins.json").write_text(json.dumps({user: f"{user}-{'x' * 20}" for user in MAY}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [MLFLOW, "server", "--port", port, "--workers", "1", *options]
    command += ["--backend-store-uri", f"sqlite:///{home}/m.db", "--artifacts-destination", str(home / "artifacts")]
    variables = {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MICROSTEP_MLFLOW_LOGINS": str(home / "logins.json"),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=home, env=os.environ | variables, start_new_session=True
        )
    try:
        end = time.monotonic() + START_SECONDS
        while call(f"http://127.0.0.1:{port}", "/health")[0] != 200:
            assert server.poll() is None, (home / "log").read_text()
            assert time.monotonic() < end, (home / "log").read_text()
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def call(address, path, body=None, *, user=None, method=None, **headers):
    """Status and text of an answer; 0 when nobody answers."""
    request = urllib.request.Request(address + path, None if body is None else json.dumps(body).encode(), method=method)
    request.add_header("Content-Type", "application/json")
    if user:
        login = base64.b64encode(f"{user}:{user}-{'x' * 20}".encode()).decode()
        request.add_header("Authorization", f"Basic {login}")
    for name, value in headers.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""
