"""A copy of this checkout to which a step is added, as somebody would who grows the project."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from end_to_end.stack import copy_checkout

ROOT = Path(__file__).parents[2]
NAME = "enrich"
PARTS = ("airflow", "contract", "dev", "generate", "preprocess", "socket-proxy", "uv")


class Checkout:
    """A git repository with one commit, and the environments of this machine."""

    def __init__(self, root):
        self.root = root
        self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "all")
        (root / ".venvs").mkdir()
        for part in PARTS:
            (root / ".venvs" / part).symlink_to(ROOT / ".venvs" / part)

    def git(self, *words):
        return subprocess.run(["git", *words], cwd=self.root, check=True, capture_output=True, text=True).stdout

    def type(self, *words, code=0, **variables):
        """Run a command; gives what it wrote."""
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MICROSTEP_PROJECT")}
        done = subprocess.run(
            words, cwd=self.root, env=kept | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def step(self, name, code=0):
        return self.type("make", "--no-print-directory", "step", f"NAME={name}", code=code)

    def python(self, part, *words, **variables):
        return self.type(self.root / ".venvs" / part / "bin" / "python", *words, **variables)

    def changed(self):
        """The paths that differ from the commit; a new folder is one of them."""
        return [line[3:] for line in self.git("status", "--short").splitlines()]

    def contents(self):
        """What every such path has in it by now."""
        paths = [path for name in self.changed() for path in ((self.root / name), *(self.root / name).rglob("*"))]
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths if path.is_file()}

    def anew(self):
        """Take back all changes."""
        self.git("checkout", "--quiet", ".")
        self.git("clean", "--quiet", "-d", "--force")
        shutil.rmtree(self.root / ".step", ignore_errors=True)


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """Before a step is added; whoever adds one takes it back."""
    return Checkout(copy_checkout(tmp_path_factory.mktemp("bare") / "checkout"))


@pytest.fixture(scope="session")
def grown(tmp_path_factory):
    """With the step."""
    checkout = Checkout(copy_checkout(tmp_path_factory.mktemp("grown") / "checkout"))
    checkout.said = checkout.step(NAME)
    return checkout


@pytest.fixture(scope="session")
def in_a_dag(grown):
    """With the line typed that the command ends with."""
    line = grown.said.rstrip().splitlines()[-1].strip()
    file = grown.root / "airflow" / "dags" / "predict.py"
    lines = [f"        {line}" if "steps=[" in old else old for old in file.read_text().splitlines()]
    assert sum(f'"{NAME}"' in new for new in lines) == 1
    file.write_text("\n".join(lines) + "\n")
    return grown
