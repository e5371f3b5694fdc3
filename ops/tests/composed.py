"""What compose itself makes of this checkout's files: nothing is started, and no engine is asked."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("docker-compose.yml", "docker-compose.tls.yml")

needs_compose = pytest.mark.skipif(
    shutil.which("docker") is None
    or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
    reason="no docker compose here: make docker",
)


def composed(root: Path = ROOT, names: tuple[str, ...] = FILES, **variables: str):
    """`docker compose config` of a checkout, with no other settings of the stack than these, and no shell's PWD."""
    foreign = ("MICROSTEP_", "COMPOSE_", "PWD")
    own = {name: text for name, text in os.environ.items() if not name.startswith(foreign)}
    files = [word for name in names for word in ("--file", str(ROOT / name))]
    done = subprocess.run(
        ["docker", "compose", *files, "--project-directory", str(root), "config", "--format=json"],
        cwd=root,
        env=own | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
