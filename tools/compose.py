"""Commands in the running stack, for the tools that look after its state."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HELPER = "python:3.13-slim-trixie"
"""The image in which volumes are looked after; the stack has it anyway."""
VOLUMES = ("secrets", "mlflow-artifacts", "airflow-mails")
"""Those that hold state besides the databases; logs are no state."""
DATABASES = ("airflow", "mlflow")


def compose(*words: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
    """`docker compose …` in the checkout; with `check`, ends this program when it fails, with what it said."""
    command = ["docker", "compose", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **more)  # type: ignore[call-overload]
    if check and done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr.strip()}")
    return done  # type: ignore[no-any-return]


def volume(name: str) -> str:
    """The engine's name of a volume of the stack."""
    return f"microstep_{name}"


def is_up() -> bool:
    """Whether the stack's database runs."""
    return bool(compose("ps", "--quiet", "--status=running", "postgres").stdout.strip())


@contextmanager
def no_step_at_work(patience: float = 6 * 3600) -> Iterator[None]:
    """Let the steps that run come to their end, and start no other meanwhile; SystemExit when one does not end.

    The pool is what holds them back; `make up` gives it its places again, should this be killed.
    """
    airflow = ("exec", "-T", "airflow-scheduler", "airflow", "pools")
    slots = compose(*airflow, "get", "steps", "--output", "plain").stdout.splitlines()[-1].split()[1]
    # 0 would do, but a killed tool would then leave a stack that looks broken and says nothing
    print(f"waiting until no step is at work (pool steps: {slots} places are taken back for now)", flush=True)
    compose(*airflow, "set", "steps", "0", "closed for a backup; make up opens it again")
    try:
        end = time.monotonic() + patience
        while running := _steps():
            if time.monotonic() > end:
                sys.exit(f"still at work: {', '.join(running)}; nothing was copied")
            time.sleep(1)
        yield
    finally:
        compose(*airflow, "set", "steps", slots, "containers of steps at the same time")


def _steps() -> list[str]:
    command = ["docker", "ps", "--filter=label=microstep.step", "--format={{.Names}}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
