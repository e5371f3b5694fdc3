"""The real stack in a fresh copy of the checkout, driven as a user drives it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any

from airflow_api import AirflowApi

ROOT = Path(__file__).resolve().parents[2]


def copy_checkout(target: Path) -> Path:
    """The files that git tracks, as they are in the work tree: what a clone would bring after a commit."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def running_containers() -> list[str]:
    """The names of all containers of the project, running or not."""
    names = subprocess.run(
        ["docker", "ps", "--all", "--filter", "name=^/microstep-", "--format", "{{.Names}}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return names.split()


def as_admin(password: str) -> str:
    """The header `Authorization` of a person."""
    return "Basic " + base64.b64encode(f"admin:{password}".encode()).decode()


@dataclass(frozen=True)
class Stack:
    """A stack that is up; its data root is `data/` below the checkout."""

    checkout: Path
    start_seconds: float
    _logins: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data root."""
        return self.checkout / "data"

    @cached_property
    def airflow(self) -> AirflowApi:
        """The stack's Airflow."""
        return AirflowApi("http://127.0.0.1:8080", self.password)

    def run(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """A command in the checkout; its output is in the failure when it fails."""
        return run_in(self.checkout, *words, **more)

    def password(self) -> str:
        """Of Airflow's admin, as `make up` prints it."""
        read = "import json; print(json.load(open('/run/microstep/airflow/passwords.json'))['admin'])"
        command = ["docker", "compose", "exec", "-T", "airflow-apiserver", "python", "-c", read]
        return self.run(*command).stdout.strip()

    def mlflow_password(self) -> str:
        """Of MLflow's admin, as `make up` prints it."""
        logins: dict[str, str] = json.loads(
            self.run("docker", "compose", "exec", "-T", "mlflow", "cat", "/run/microstep/mlflow/logins.json").stdout
        )
        return logins["admin"]

    def mail_password(self) -> str:
        """Of the mails' admin, as `make up` prints it."""
        command = ["docker", "compose", "exec", "-T", "pages", "cat", "/run/microstep/pages/users"]
        return self.run(*command).stdout.split("}")[1].strip()

    def registry(self, path: str, *, method: str | None = None, **body: object) -> dict[str, Any]:
        """A call of MLflow's REST API as a person: GET, or POST when there is a body. Raises HTTPError."""
        request = urllib.request.Request(
            f"http://127.0.0.1:5000/api/2.0/mlflow/{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json"},
            method=method,
        )
        result: dict[str, Any] = self._asked(request, "MLflow", self.mlflow_password)
        return result

    def manifest(self, *path: str) -> dict[str, Any]:
        """The manifest of a dataset."""
        manifest: dict[str, Any] = json.loads((self.data.joinpath(*path) / "manifest.json").read_text())
        return manifest

    def verdict(self, day: str) -> dict[str, Any]:
        """What validate found about the model of a day."""
        path = self.data / "reports" / "train" / day
        (file,) = [
            file["path"] for file in self.manifest("reports", "train", day)["files"] if file["role"] == "verdict"
        ]
        verdict: dict[str, Any] = json.loads((path / file).read_text())
        return verdict

    def mails(self) -> list[dict[str, Any]]:
        """What MailDev has received."""
        request = urllib.request.Request("http://127.0.0.1:1080/api/email")
        mails: list[dict[str, Any]] = self._asked(request, "mails", self.mail_password)
        return mails

    def _asked(self, request: urllib.request.Request, page: str, password: Callable[[], str]) -> Any:
        """What a page answers to its admin. The log-in is read once, and again when it was replaced. Raises HTTPError."""
        if known := self._logins.get(page):
            request.add_header("Authorization", known)
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.UNAUTHORIZED:
                    raise
        self._logins[page] = as_admin(password())
        request.add_header("Authorization", self._logins[page])
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def use_table(self, file: Path, target: str, days: list[str], *options: str) -> None:
        """`infer` a pipeline.toml from a file, spread the file's rows over days in the inbox, forget earlier days."""
        for old in self.data.iterdir():
            if old.name not in (".gitignore", ".stack"):  # the id by which data/ and the volumes are one stack
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        written = self.run(
            "docker", "run", "--rm", "--network=none", f"--volume={file}:/table/{file.name}:ro", "microstep-generate",
            "infer", f"/table/{file.name}", "--target", target, "--first-day", days[0], "--output", "-", *options,
        ).stdout  # fmt: skip
        # in place: the containers of Airflow have this very file mounted
        (self.checkout / "pipeline.toml").write_text(written)
        header, *rows = file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
        for number, day in enumerate(days):
            inbox = self.data / "inbox" / day
            inbox.mkdir(parents=True)
            share = rows[len(rows) * number // len(days) : len(rows) * (number + 1) // len(days)]
            (inbox / file.name).write_text(header + "".join(share), encoding="utf-8-sig")
            (inbox / "_SUCCESS").touch()
        self.give_to_steps(self.data / "inbox")

    def give_to_steps(self, folder: Path) -> None:
        """Make the steps' user the owner of a folder in data/ that a test made as root, and of all in it.

        At once: a step that comes by may not write to a folder of root's.
        """
        owner = self.data.stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def run_in(
    checkout: Path, *words: str, timeout: float = 900, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a directory; AssertionError with all that it printed when it fails."""
    variables = {**os.environ, "PWD": str(checkout)}  # as a shell that stands there
    done = subprocess.run(
        words, cwd=checkout, env=variables, check=False, capture_output=True, text=True, timeout=timeout, input=given
    )
    assert done.returncode == 0, f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@contextmanager
def running(checkout: Path) -> Iterator[Stack]:
    """The stack of a checkout, with fresh volumes; down again at the end. Raises RuntimeError when one is there already, or was."""
    if others := running_containers():
        raise RuntimeError(f"a stack is there already ({', '.join(others)}): make down, then try again")
    if volumes := run_in(checkout, "docker", "volume", "ls", "--quiet", "--filter=name=^microstep_").stdout.split():
        raise RuntimeError(
            f"there are volumes of a stack ({', '.join(volumes)}), which these tests would remove; keep them: make up, make backup;"
            " or throw them away: docker compose down --volumes"
        )
    try:
        yield start(checkout)
    finally:
        logs = subprocess.run(
            ["docker", "compose", "logs", "--no-color"], cwd=checkout, capture_output=True, check=False
        )
        (ROOT / ".stack.log").write_bytes(logs.stdout)
        run_in(checkout, "make", "--no-print-directory", "down")
        run_in(checkout, "docker", "compose", "down", "--volumes")


def start(checkout: Path) -> Stack:
    """Build and start the stack by the documented command; Airflow's DAGs are there when it returns."""
    told = run_in(checkout, "make", "--no-print-directory", "up", timeout=1800).stdout
    # how long the images take to build is not asked here, and is nothing where they are there
    [seconds] = re.findall(r"^all healthy (\d+) s after the build$", told, re.MULTILINE)
    return Stack(checkout, float(seconds))
