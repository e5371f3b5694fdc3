"""Run a step as a child process, in the step's own virtual environment: for machines without Docker."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, Context, XComArg
from airflow.sdk.exceptions import AirflowFailException

from microstep_airflow.operators.exit_codes import raise_for
from microstep_airflow.operators.links import HasLinks
from microstep_airflow.schedule.retries import Stopped

# Airflow kills a task 5 s after it asked it to end; by then the step must be gone
STOP_SECONDS = 3.0
_SIGNALLED = 128
LOGINS = "MICROSTEP_MLFLOW_LOGINS_OF_STEPS"
"""The folder with each step's log-in to MLflow, of which a step is told its own."""
# a task that is killed cannot end its step; the kernel does (util-linux, so not on every system)
_ENDS_WITH_ITS_TASK = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()


class ProcessStepOperator(HasLinks, BaseOperator):
    """One step for one day, with the same end as in a container.

    :param step: its name
    :param day: YYYY-MM-DD
    :param data_root: the data root
    :param config: pipeline.toml
    :param home: the checkout, which holds .venvs/ and services/
    :param arguments: a command of the step's own with its options; none for the day's work
    :param force: the option that does the work again; empty for none
    :param pages, mlflow: addresses for the links of its page, as `links` has them
    """

    template_fields: Sequence[str] = ("day", "arguments", "force")
    ui_color = "#dcfce7"

    def __init__(
        self,
        *,
        step: str,
        day: str,
        data_root: str,
        config: str,
        home: str,
        arguments: Sequence[str] | XComArg = (),
        force: str = "",
        pages: str = "",
        mlflow: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(do_xcom_push=False, **kwargs)
        self.step = step
        self.day = day
        self.data_root = data_root
        self.config = config
        self.home = home
        self.arguments = arguments
        self.force = force
        self.pages, self.mlflow = pages, mlflow
        self.child: subprocess.Popen[str] | None = None
        self.stopped = False

    def execute(self, context: Context) -> None:
        """Run the step; raise what `exit_codes` says about its end."""
        if not self.python.exists():
            raise AirflowFailException(
                f"{self.python}: must be there, is not; make the environment: dev/env {self.step}"
            )
        self.child = subprocess.Popen(
            self.command(),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # a session of its own, so that a stop reaches the step's own children as well
            start_new_session=True,
        )
        assert self.child.stdout is not None
        lines = []
        for line in self.child.stdout:
            lines.append(line.rstrip())
            self.log.info("%s", lines[-1])
        code = self.child.wait()
        if self.stopped and code:
            raise Stopped(f"{self.step} {self.day}: stopped when Airflow ended the task")
        raise_for(_SIGNALLED - code if code < 0 else code, lines, context)

    def on_kill(self) -> None:
        """End the step and its children when Airflow ends the task: asked first, then killed."""
        self.stopped = True
        if self.child is None:
            return
        _signal(self.child.pid, signal.SIGTERM)
        # not waited for here: Python runs this inside the very read or wait that `execute` is in
        killer = threading.Timer(STOP_SECONDS, _signal, (self.child.pid, signal.SIGKILL))
        killer.daemon = True
        killer.start()

    @property
    def python(self) -> Path:
        """The interpreter of the step's environment."""
        return Path(self.home, ".venvs", self.step, "bin", "python")

    def command(self) -> list[str]:
        """The step's command line."""
        assert not isinstance(self.arguments, XComArg), "rendered before the task is executed"
        options = ["--day", self.day, "--data-root", self.data_root, "--config", self.config, "--log-format", "text"]
        options += [self.force] if self.force else []
        return [*_ENDS_WITH_ITS_TASK, str(self.python), "-m", self.step, *self.arguments, *options]

    @property
    def by_hand(self) -> str:
        """The command that does the same."""
        return f"PYTHONPATH={shlex.quote(self.environment()['PYTHONPATH'])} {shlex.join(self.command())}"

    def environment(self) -> dict[str, str]:
        """Airflow's own environment without what is Airflow's, and with the step's sources."""
        kept = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
        if folder := kept.pop(LOGINS, ""):
            kept["MICROSTEP_MLFLOW_LOGIN_FILE"] = str(Path(folder, self.step, "login"))
        sources = [Path(self.home, part) for part in ("libs/contract", "libs/analysis", f"services/{self.step}")]
        return {**kept, "PYTHONPATH": os.pathsep.join(map(str, sources)), "PYTHONUNBUFFERED": "1"}


def _signal(session: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(session, number)
