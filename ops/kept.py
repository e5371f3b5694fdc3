"""Child processes that end with this one, whatever ends it: the starter's side of `keeper.py`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

KEEPER = Path(__file__).with_name("keeper.py")
MARGIN_SECONDS = 10.0
"""Beyond its patience, until a keeper that does not end is killed itself."""


class Kept:
    """A command that lives as long as the `with` around it, and never longer than this process."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        ask: str = "TERM",
        patience: float = 10,
        output: IO[Any] | int | None = None,
        errors: IO[Any] | int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        hold: Sequence[int] = (),
    ) -> None:
        """`ask`, `patience`: the signal that asks it to end, and the seconds before it is killed.

        `hold`: file descriptors (locks) that must stay open until everything has ended.
        """
        self._patience = patience
        self._words = [sys.executable, KEEPER, ask, str(patience), *command]
        self._options: dict[str, Any] = {"stdout": output, "stderr": errors, "env": env, "cwd": cwd, "pass_fds": hold}

    def __enter__(self) -> Self:
        # a session of its own: Ctrl-C is for this process, which then ends its children in order
        self.process = subprocess.Popen(self._words, stdin=subprocess.PIPE, start_new_session=True, **self._options)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self._patience + MARGIN_SECONDS)
        # a keeper that was killed could end nothing: what it started is in its group still
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def alive(self) -> bool:
        """Whether the command still runs."""
        return self.process.poll() is None


def run(command: Sequence[str | Path], **options: Any) -> int:
    """Run a command to its end and return its exit code; options as of `Kept`."""
    with Kept(command, **options) as kept:
        return kept.process.wait()
