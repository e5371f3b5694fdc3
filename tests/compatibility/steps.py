"""The steps of this checkout, each in its own environment, on a data root and a registry that are handed over."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 120


def environment(part: str) -> Path:
    """The Python of a part."""
    return ROOT / ".venvs" / part / "bin" / "python"


@dataclass
class Project:
    """A directory with `data/`, `pipeline.toml` and a registry that answers."""

    home: Path
    registry: str

    @property
    def data(self) -> Path:
        """The data root."""
        return self.home / "data"

    def step(self, name: str, *arguments: str, code: int = 0) -> str:
        """Run a step; gives all that it wrote. Fails unless it ends with `code`."""
        options = ["--data-root", str(self.data), "--config", str(self.home / "pipeline.toml")]
        output, ended = self._run(
            name,
            ("libs/analysis", f"services/{name}"),
            ["-m", name, *arguments, *options],
            MLFLOW_TRACKING_URI=self.registry,
        )
        assert ended == code, f"{name} {' '.join(arguments)} ended with {ended}:\n{output}"
        return output

    def program(self, part: str, text: str, *arguments: str, paths: tuple[str, ...] = ()) -> str:
        """Run a program with the packages of a part; gives what it wrote. Fails when it does."""
        output, ended = self._run(part, paths, ["-c", text, *arguments])
        assert ended == 0, output
        return output

    def _run(self, part: str, paths: tuple[str, ...], command: list[str], **variables: str) -> tuple[str, int]:
        done = subprocess.run(
            [environment(part), *command],
            cwd=self.home,
            env=surroundings(*paths) | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout, done.returncode


def surroundings(*paths: str) -> dict[str, str]:
    """This process's variables without what would point a step elsewhere, and the sources of ours that it imports."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "MICROSTEP"))}
    path = os.pathsep.join(str(ROOT / folder) for folder in ("libs/contract", *paths))
    return kept | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def registry(home: Path) -> Iterator[str]:
    """MLflow's own server on the database and the artifacts in a directory; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        # it ends with this process, even when that is killed
        *(sys.executable, ROOT / "ops" / "keeper.py", "TERM", "20"),
        *(environment("mlflow").with_name("mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--backend-store-uri", f"sqlite:///{home}/mlflow.db", "--artifacts-destination", home / "artifacts"),
        *("--workers", "1"),
    ]
    variables = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=home, env=surroundings() | variables
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", server, home / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.stdin.close()
            server.wait(30)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
