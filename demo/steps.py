"""The steps as child processes of this one, in their own environments, without Airflow and MLflow."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import kept
from server import Trouble, python_environment
from stages import printable

DAYS = Path(__file__).with_name("days.py")
_WARNING = re.compile(r"^\S+ \S+ WARNING \w+: (.*)$", re.MULTILINE)
_ERROR = re.compile(r"^\S+ \S+ ERROR \w+: (.*)$", re.MULTILINE)
_OPTIONS = ("MICROSTEP_", "MLFLOW_")
"""Variables that would be options of the steps."""


class Failed(Trouble):
    """A step ended with a code that is no outcome; the message is the step's own."""

    def __init__(self, step: str, code: int, message: str, log: Path) -> None:
        super().__init__(f"{step} ended with {code}: {message}\nIts log: {log}")
        self.code = code


class Steps:
    """The steps of one data root."""

    def __init__(self, root: Path, data: Path, config: Path, log: Path) -> None:
        """`root`: the checkout; `log`: where all that the steps say goes."""
        self._root, self._log = root, log
        self._options = ["--data-root", str(data), "--config", str(config)]
        self._place = [str(data), str(config)]

    def run(self, step: str, *arguments: str, may: Sequence[int] = ()) -> int:
        """Run a step, or one of its commands; the exit code: 0, or one that it `may` end with. Raises Failed."""
        return self._start(step, ["-m", step, *arguments, *self._options], may)

    def infer(self, *arguments: str) -> None:
        """Run `generate infer`, which has no data root. Raises Failed."""
        self._start("generate", ["-m", "generate", "infer", *arguments])

    def each(self, step: str, days: Sequence[str], may: Sequence[int] = ()) -> int:
        """Run a step for several days, one after the other; the exit code as of `run`. Raises Failed."""
        return self._start(step, [str(DAYS), step, *self._place, *days], may)

    def warnings(self, since: int) -> list[str]:
        """What the steps warned of, from a size of the log on."""
        return list(dict.fromkeys(_WARNING.findall(self._said(since))))

    @property
    def size(self) -> int:
        """Of the log so far, in bytes."""
        return self._log.stat().st_size if self._log.exists() else 0

    def _start(self, step: str, command: Sequence[str], may: Sequence[int] = ()) -> int:
        before = self.size
        paths = ("libs/contract", "libs/analysis", f"services/{step}")
        env = {name: value for name, value in python_environment().items() if not name.startswith(_OPTIONS)}
        env["PYTHONPATH"] = os.pathsep.join(str(self._root / path) for path in paths)
        with self._log.open("ab") as log:
            code = kept.run(
                [self._root / ".venvs" / step / "bin" / "python", *command], output=log, errors=log, env=env
            )
        if code and code not in may:
            said = _ERROR.findall(self._said(before)) or self._said(before).splitlines()[-1:] or ["it said nothing"]
            raise Failed(step, code, printable(said[-1]), self._log)
        return code

    def _said(self, since: int) -> str:
        with self._log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")
