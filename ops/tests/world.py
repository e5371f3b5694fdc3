"""What surrounds an operator: two checkouts, folders and containers of other people, and one engine."""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = (
    "Makefile",
    "VERSION",
    "ops",
    "dev",
    "demo",
    "infra",
    "docker-compose.yml",
    "docker-compose.celery.yml",
    "machines",
    "pipeline.toml",
    "pipelines",
    "secrets",
    ".env.example",
)
BUILT_FROM = ("airflow", "libs", "services")
MODEL = Path(__file__).parent / "model" / "engine.py"
# nothing listens there; what does at the usual ones is another stack of this machine
PORTS = {f"MICROSTEP_{name}_PORT": str(28470 + at) for at, name in enumerate(("AIRFLOW", "MLFLOW", "MAIL", "STATUS"))}
MADE = ("backups", ".restoring", ".demo", ".venvs", "__pycache__")
"""What the commands make at the top of a checkout; no test needs it to stay as it was."""


NEVER = "0:never:SIGKILL"


def empty(checkout: Path):
    """As `make restore` says how to begin anew."""
    forget = "find data/ -mindepth 1 -not -name .gitignore -delete; rm -rf .restoring .restore-*"
    subprocess.run(["sh", "-c", forget], cwd=checkout, check=True)


def picture(folder: Path, *, leave=()) -> dict[str, str]:
    """Every path below a folder with its kind, mode and content; `leave`: names at its top that are left out."""
    paths = {}
    for directory, folders, files in os.walk(folder):
        here = Path(directory)
        folders[:] = [name for name in folders if name != "__pycache__" and not (here == folder and name in leave)]
        for name in [*folders, *(name for name in files if not (here == folder and name in leave))]:
            path = here / name
            with contextlib.suppress(FileNotFoundError):
                if path.is_symlink():
                    description = f"link {path.readlink()}"
                else:
                    description = f"{path.stat().st_mode:o}"
                    description += f" {hashlib.sha256(path.read_bytes()).hexdigest()}" if path.is_file() else ""
                paths[path.relative_to(folder).as_posix()] = description
    return paths


class World:
    """`home`: two checkouts and `nas`, a folder of other people. `bin`: a folder with the docker command to use."""

    def __init__(self, home: Path):
        self.home = home
        self.nas = home / "nas"
        self.checkouts = [home / "ours", home / "theirs"]
        (self.nas / "photos").mkdir(parents=True)
        (self.nas / "photos" / "a.jpg").write_bytes(b"\xff\xd8 of a summer")
        (self.nas / "notes.txt").write_text("mine")
        (self.nas / "empty").mkdir()
        (self.nas / "link").symlink_to("photos")
        (self.nas / "dangling").symlink_to("nowhere")
        for checkout in self.checkouts:
            self._checkout(checkout)
        self._engine(home / "engine")

    def _checkout(self, checkout: Path):
        checkout.mkdir()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, checkout / part, ignore=shutil.ignore_patterns("tests", "__pycache__"))
            else:
                shutil.copy(source, checkout / part)
        for part in BUILT_FROM:
            (checkout / part).symlink_to(ROOT / part)
        raw = checkout / "data" / "raw" / "2026-01-01" / "data"
        raw.mkdir(parents=True)
        (checkout / "data" / ".gitignore").write_text("*\n")
        (raw / "part-00000.parquet").write_text(f"rows of {checkout.name}")
        (checkout / "secrets" / "sql" / "url").write_text(f"secret of {checkout.name}")

    def _engine(self, engine: Path):
        self.engine = engine
        for folder in ("containers", "volumes", "bin"):
            (engine / folder).mkdir(parents=True)
        (engine / "calls").touch()
        script = engine / "bin" / "docker"
        script.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {MODEL} "$@"\n')
        script.chmod(0o755)
        self.container("database", {"owner": "ada"})
        self.container("other-app-1", {"com.docker.compose.project": "other-app"})
        self.container("microstep-train-2025-01-01", {"microstep.step": "train", "microstep.root": "/srv/far"})
        # from an image that compose has built: it inherits the label, and compose leaves it alone
        self.container("by-hand", {"com.docker.compose.project": "microstep"})
        (engine / "volumes" / "other-app_data").mkdir()
        (engine / "volumes" / "other-app_data" / "rows").write_text("theirs")

    def container(self, name: str, labels: dict[str, str], *, ends: bool = False):
        """Somebody starts a container."""
        path = self.engine / "containers" / f"{hashlib.sha256(name.encode()).hexdigest()[:12]}.json"
        path.write_text(json.dumps({"name": name, "service": "", "running": True, "labels": labels, "ends": ends}))

    def step_of(self, checkout: Path):
        """Airflow starts a step."""
        labels = {"microstep.step": "train", "microstep.root": str(checkout)}
        self.container(f"microstep-train-{checkout.name}", labels, ends=True)

    def run(self, checkout: Path, *words: str, kill: str = NEVER, after: tuple[float, str] | None = None):
        """A command as a process of its own; `kill` as the model takes it, `after`: so many seconds and a signal."""
        (self.engine / "calls").write_text("")
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("MICROSTEP_", "MAKE"))},
            "PATH": f"{self.engine / 'bin'}{os.pathsep}{os.environ['PATH']}",
            **PORTS,
            "MODEL": str(self.engine),
            "MODEL_KILL": kill,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = ["make", "--no-print-directory", f"PYTHON={sys.executable}", *words]
        with subprocess.Popen(
            command, cwd=checkout, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True,
        ) as process:  # fmt: skip
            if after is not None:
                time.sleep(after[0])
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.Signals[after[1]])
            try:
                output, _ = process.communicate(timeout=600)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, output

    def trouble(self, chance: random.Random) -> tuple[str, tuple[float, str] | None]:
        """How a command is killed: at a call to the engine, after some time, or not at all."""
        name = chance.choice(["SIGKILL", "SIGTERM", "SIGINT"])
        match chance.random():
            case number if number < 0.35:
                return f"{chance.randrange(1, 25)}:{chance.choice(['before', 'after'])}:{name}", None
            case number if number < 0.55:
                return NEVER, (chance.uniform(0, 1.2), name)
        return NEVER, None

    def volumes_are_of(self, checkout: Path) -> bool:
        """Whether the volumes carry the id that the checkout has in data/."""
        ids = [self.engine / "volumes" / "microstep_secrets" / "stack", checkout / "data" / ".stack"]
        return all(file.exists() for file in ids) and len({file.read_text().split()[0] for file in ids}) == 1

    def wipe(self, checkout: Path):
        """A person throws the state of a stack that is down away, unless it is another checkout's."""
        if any(self.volumes_are_of(other) for other in self.checkouts if other != checkout):
            return
        label = "com.docker.compose.project.working_dir"
        for path in (self.engine / "containers").iterdir():
            if label in json.loads(path.read_text())["labels"]:
                return
        for path in (self.engine / "volumes").glob("microstep_*"):
            shutil.rmtree(path)
        empty(checkout)

    def foreign(self, checkout: Path):
        """All that no command of a checkout may change: other people's files, containers and volumes."""
        other = next(candidate for candidate in self.checkouts if candidate != checkout)
        containers = [json.loads(path.read_text()) for path in sorted((self.engine / "containers").iterdir())]
        own = {str(checkout), "microstep"}
        labels = ("microstep.root", "com.docker.compose.project.working_dir")
        return {
            "checkout": picture(other),
            "containers": [
                container for container in containers if not own & {container["labels"].get(label) for label in labels}
            ],
            "volumes": {
                name: description
                for name, description in picture(self.engine / "volumes").items()
                if not name.startswith("microstep_") or self.volumes_are_of(other)
            },
        }
