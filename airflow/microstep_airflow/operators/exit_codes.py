"""What Airflow does with the way a step ended."""

from __future__ import annotations

import re
from collections.abc import Sequence

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from contract.errors import ExitCode, NotYet, Occupied
from microstep_airflow.alerts.task_failures import push_failure
from microstep_airflow.schedule.retries import AtWorkElsewhere, NotThereYet

LAST_LINES = 10
"""Of a step's log, in the mail."""

MENDED_BY_RETRY = {ExitCode.UNAVAILABLE, ExitCode.TEMPORARY, ExitCode.CANNOT_WRITE, ExitCode.IO}

_FIRST_SIGNAL = 128
_KILLED = 137
# a record of contract.steps.cli's text log, without its time, level and logger
_ERROR = re.compile(r"^\S+ \S+ (?:ERROR|CRITICAL) \S+: (?P<message>.*)$")


def exception_for(code: int, lines: Sequence[str], memory: str = "") -> AirflowException | None:
    """The exception that tells Airflow what to do, with the step's error line in it; None when the step is done.

    AirflowFailException fails at once, AirflowSkipException skips, AirflowException is retried. An end by a
    signal (128 + its number) is worth a retry; a code that no step of ours gives is not.
    """
    if code == ExitCode.DONE:
        return None
    message = f"{error_line(lines) or 'the step said nothing'} (exit {describe(code, memory)})"
    if code == ExitCode.GATE_REFUSED:
        return AirflowSkipException(message)
    if code == ExitCode.TEMPORARY and NotYet.SAYS in message:
        return NotThereYet(message)
    if code == ExitCode.TEMPORARY and Occupied.SAYS in message:
        return AtWorkElsewhere(message)
    if code in MENDED_BY_RETRY or code > _FIRST_SIGNAL:
        return AirflowException(message)
    return AirflowFailException(message)


def raise_for(code: int, lines: Sequence[str], context: Context, memory: str = "") -> None:
    """Raise the exception for the way a step ended, if it was not well, with its last lines as notes.

    A refusal is put on record for the mail.
    """
    error = exception_for(code, lines, memory)
    if error is None:
        return
    for line in [line for line in lines if line.strip()][-LAST_LINES:]:
        error.add_note(line)
    if isinstance(error, AirflowSkipException):
        # Airflow hands no exception to anybody when a task is skipped
        push_failure(context, error)
    raise error


def error_line(lines: Sequence[str]) -> str | None:
    """The last error that a step logged; without one, the last line that is not empty."""
    last = None
    error = None
    for line in lines:
        if match := _ERROR.match(line):
            error = match["message"]
        last = line.strip() or last
    return error or last


def describe(code: int, memory: str = "") -> str:
    """An exit code with its meaning; `memory`: what the step's container might have, as Docker writes it."""
    if code == _KILLED:
        more = f", {memory}: raise MICROSTEP_STEP_MEMORY in .env, then make up" if memory else ""
        return f"137: killed, most likely because it needed more memory than it may have{more}"
    if code > _FIRST_SIGNAL:
        return f"{code}: ended by signal {code - _FIRST_SIGNAL}"
    try:
        return f"{code}: {ExitCode(code).name.replace('_', ' ').lower()}"
    except ValueError:
        return f"{code}: not one of Microstep's exit codes"
