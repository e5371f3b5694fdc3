"""The real stack on several machines: the head with its engine, workers with theirs, the checkout in their directory.

What `make up` does but for its build: the images come from the engine of whoever runs the tests, and nothing leads out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow_api import AirflowApi
from harness.machine import Machine, until
from harness.network import inside
from harness.world import World
from stage import PREFIX, ROOT, STEPS

PARTS = ("airflow", "gateway", "mlflow", "pages", "socket-proxy")
BASES = ("python:3.13-slim-trixie", "postgres:17", "maildev/maildev:3.0.0", "valkey/valkey:8.1")
ON_THE_HEAD = (*(f"{PREFIX}-{name}" for name in (*PARTS, *STEPS)), *BASES)
ON_A_WORKER = tuple(f"{PREFIX}-{name}" for name in ("airflow", "gateway", "socket-proxy", *STEPS))
OWNER = 1000
UP_WITHIN = 1800
"""Seconds, of which a quiet machine needs a minute."""
_UP = """
import subprocess, sys
from checkout.labels import revision
from checkout.settings import ROOT, environment
from cluster.head import name_the_others, tell_the_others
variables = {**environment(), "MICROSTEP_REVISION": revision(), "MICROSTEP_MOVED": "true"}
words = ["docker", "compose", "up", "--detach", "--wait", "--wait-timeout", sys.argv[1]]
tell_the_others(variables["MICROSTEP_REVISION"])
code = subprocess.run(words, cwd=ROOT, env=variables).returncode
name_the_others()
sys.exit(code)
"""


class Several:
    """A head and its workers."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.checkout = world.shared / "microstep"
        self._copy()

    @property
    def head(self) -> Machine:
        return self.world.machines["head"]

    @property
    def seen(self) -> Path:
        """The checkout, for a look from outside."""
        return self.world.seen("head", self.checkout)

    def _copy(self) -> None:
        """The files that git tracks, as they are in the work tree."""
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).exists():
                target = self.seen / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target)
        (self.seen / ".env").write_text(
            f"MICROSTEP_PROJECT={PREFIX}\nMICROSTEP_CLUSTER_ADDRESS={self.head.address}\n"
            f"MICROSTEP_USER={OWNER}:{OWNER}\nMICROSTEP_SCHEDULE=false\nMICROSTEP_POOL_SLOTS=6\n"
            "MICROSTEP_STEP_MEMORY=1g\nMICROSTEP_HEAD_CONCURRENCY=2\n"
        )
        (self.seen / "pipeline.toml").write_text("# its place is taken by the files in pipelines/\n")
        os.chown(self.seen / "data", OWNER, OWNER)

    def pipeline(self, name: str, text: str) -> None:
        """A pipeline more; its model has its name."""
        assert text.count('name = "microstep"') == 1
        folder = self.seen / "data" / name
        folder.mkdir()
        os.chown(folder, OWNER, OWNER)
        (self.seen / "pipelines" / f"{name}.toml").write_text(text.replace('name = "microstep"', f'name = "{name}"'))

    def python(self, machine: Machine, *words: str, given: str | None = None, check: bool = True):
        """A program of ops/, typed in the checkout on a machine."""
        more = {"PYTHONPATH": str(self.checkout / "ops"), "PWD": str(self.checkout), "PYTHONDONTWRITEBYTECODE": "1"}
        return machine.run(
            sys.executable, *words, cwd=self.checkout, given=given, variables=more, check=check, seconds=2 * UP_WITHIN
        )

    def up(self) -> None:
        """Start the head and wait until all its parts are healthy; again where one took too long for compose."""
        until(
            lambda: not self.python(self.head, "-c", _UP, str(UP_WITHIN), check=False).returncode, UP_WITHIN, "the head"
        )
        self.airflow = AirflowApi("http://127.0.0.1:8080", self.password)

    def join(self, name: str) -> None:
        """`make token` on the head, `make worker` on the machine."""
        machine = self.world.machines[name]
        token = self.python(self.head, "-m", "cluster.tokens", f"--name={name}", f"--address={machine.address}").stdout
        words = ("-m", "cluster.worker", f"--head={self.head.address}")
        self.python(machine, *words, given=token)

    def leave(self, name: str) -> None:
        """`make worker DOWN=1` there."""
        self.python(self.world.machines[name], "-m", "cluster.worker", "--down")

    def compose(self, *words: str, check: bool = True) -> str:
        """`docker compose` on the head."""
        done = self.head.run(
            *("docker", "compose", "--file=docker-compose.yml", "--file=docker-compose.celery.yml", *words),
            cwd=self.checkout, check=check, variables={"PWD": str(self.checkout), "COMPOSE_PROJECT_NAME": PREFIX},
        )  # fmt: skip
        return done.stdout

    def password(self) -> str:
        """Of Airflow's admin."""
        read = "import json; print(json.load(open('/run/microstep/airflow/passwords.json'))['admin'])"
        return self.compose("exec", "-T", "airflow-apiserver", "python", "-c", read).strip()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call of Airflow's REST interface, on the head."""
        with inside(self.head.first):
            return self.airflow.call(method, path, body)

    def start(self, dag: str, first: str, last: str | None = None) -> tuple[str, str]:
        """Start a run, for a day or for some; the DAG and the run's id."""
        with inside(self.head.first):
            return dag, self.airflow.start(dag, first, last)

    def states(self, runs: Sequence[tuple[str, str]]) -> Counter[str]:
        """How many of some runs are in which state; of a head that does not answer, all are `unknown`."""
        try:
            answer = self.call("GET", "/api/v2/dags/~/dagRuns?limit=1000&order_by=-id")
        except OSError:
            return Counter(unknown=len(runs))
        known = {(run["dag_id"], run["dag_run_id"]): run["state"] for run in answer["dag_runs"]}
        return Counter(known.get(run, "unknown") for run in runs)

    def known(self, dags: Sequence[str]) -> bool:
        """Whether Airflow has read all of some DAGs."""
        answer = self.call("GET", "/api/v2/dags?limit=1000")
        return {dag["dag_id"] for dag in answer["dags"]} >= set(dags)

    def until_over(self, runs: Sequence[tuple[str, str]], seconds: float, tell=print) -> Counter[str]:
        """Wait for runs to end; their states. Raises TimeoutError."""
        last: Counter[str] = Counter()

        def over() -> bool:
            nonlocal last
            if (now := self.states(runs)) != last:
                tell(f"{time.strftime('%H:%M:%S')} {dict(now)}")
                last = now
            time.sleep(2)
            return now["success"] + now["failed"] == len(runs)

        until(over, seconds, "all runs to end")
        return last

    def tries(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Each task of a run: state, number of tries, machine."""
        return self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=1000")["task_instances"]

    def steps_left(self) -> list[str]:
        """Containers of steps that are still on any engine, at work or not."""
        left = []
        for name, engine in self.world.engines.items():
            left += [f"{name}: {each['Names']}" for each in engine.containers("label=microstep.run")]
        return left

    def versions(self, model: str) -> int:
        """How many versions of a model MLflow has."""
        login = json.loads(self.compose("exec", "-T", "mlflow", "cat", "/run/microstep/mlflow/logins.json"))["admin"]
        ask = (
            "import base64, json, sys, urllib.request as r\n"
            "call = r.Request(sys.argv[1], headers={'Authorization': 'Basic ' + base64.b64encode(sys.stdin.buffer.read()).decode()})\n"
            "print(len(json.load(r.urlopen(call)).get('model_versions', [])))"
        )
        url = f"http://127.0.0.1:5000/api/2.0/mlflow/model-versions/search?filter=name%3D%27{model}%27&max_results=1000"
        return int(self.head.run(sys.executable, "-c", ask, url, given=f"admin:{login}", check=True).stdout)
