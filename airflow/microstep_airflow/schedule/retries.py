"""When a task is tried again: by how often its work failed, not by how often Airflow was restarted under it.

Airflow counts every try alike. One that was lost, because the scheduler was restarted or its process was killed, has
said nothing about the step, so it is tried again at once, as often as a day of maintenance may need. What failed by
itself is counted here: `docs/decisions/0031-restarts-are-no-failures.md`. A step that finds its day taken by another
run, on whatever machine, waits for its end and has not failed either: `docs/decisions/0058-celery.md`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import Context
from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowException

from contract.config.data import Schedule
from microstep_airflow.schedule.days import asked_days, day_of

MOST_TRIES_LOST = 100
"""Airflow's own `retries`: a task whose process dies each time must end some day, too."""
AFTER_A_LOST_TRY = timedelta(seconds=10)
"""Airflow's own `retry_delay`."""
PAUSES = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4))
"""Before each further try of work that failed: as many failures are forgiven."""

BETWEEN_LOOKS = timedelta(minutes=20)
"""At a source whose rows are not there yet; with the longest wait for a file, fewer tries than Airflow's own most."""

BETWEEN_ASKS = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 30, 60, 120, 300))
"""Whether another run of the step and day has ended; the last one again and again. The first ones together are longer
than a shared file system keeps the lock of a machine that is gone (MooseFS: 113 s)."""
LONGEST_WAIT = timedelta(hours=6)
"""For another run: as long as a step may take. With the last of BETWEEN_ASKS, fewer tries than Airflow's own most."""

_AT_WORK = "another run is at work on this step and day"
_KEY = "microstep_failures"
"""In Airflow's store for a task's state, which outlives its tries and the loss of its process."""

log = logging.getLogger(__name__)


class Stopped(AirflowException):
    """Airflow ended the try: a person marked or cleared the task, or its api-server was away for too long."""


class NotThereYet(AirflowException):
    """The step's source has not got the day's rows yet: that is no failure, it is waited for as for a file."""


class AtWorkElsewhere(AirflowException):
    """Another run is at work on the step and day: that is no failure, its end is waited for.

    On one engine the container's name makes it wait before that (`docker_client`), so this one is on another machine,
    or somebody's own.
    """


class NotOnThisMachine(AirflowException):
    """The machine that got the task is not fit for it: that is no failure of the task, another machine may do it."""


class FailuresAlone(RetryPolicy):
    """Tries work that failed again after PAUSES, then no more, whatever number Airflow gave the tries.

    What is only not there yet is asked for every BETWEEN_LOOKS, for the patience of `schedule`; but for an earlier day
    that the run does besides its own: the next run asks again. Another run's end is waited for in BETWEEN_ASKS, for
    LONGEST_WAIT in all, and takes no try from what fails; so is a machine that is not fit for it.

    Airflow asks it in the task's process: never about a try that was lost, nor about AirflowFailException, which is
    final.
    """

    def __init__(self, schedule: Schedule | None = None) -> None:
        self.schedule = schedule

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Whether and when to try again."""
        if isinstance(exception, Stopped):
            return RetryDecision.default()
        assert context is not None, "Airflow's task runner hands it over"
        waits = isinstance(exception, AtWorkElsewhere | NotOnThisMachine)
        try:
            tries = Tries.of(context)
            # this try is counted as one that failed
            failed, waited = tries.failed - waits, tries.waited + waits
            kept = {"max_tries": max_tries, "try_number": try_number, "failed": failed, "waited": waited}
            context["task_state_store"].set(_KEY, kept)  # type: ignore[arg-type]  # JSON it is
        except Exception:
            # a count that cannot be kept must not make it try a hundred times
            log.exception("the number of failures cannot be kept, all tries are taken for failures")
            failed = waited = try_number
        if waits:
            return _ask_again(waited, str(exception) if isinstance(exception, NotOnThisMachine) else _AT_WORK)
        if isinstance(exception, NotThereYet) and failed * BETWEEN_LOOKS <= self._patience(context):
            return RetryDecision.retry(BETWEEN_LOOKS, f"not there yet, at {failed} looks")
        if failed > len(PAUSES):
            return RetryDecision.fail(f"failed {failed} times")
        return RetryDecision.retry(PAUSES[failed - 1], f"failed {failed} times, {len(PAUSES) + 1} are the most")

    def _patience(self, context: Context) -> timedelta:
        if self.schedule is None:
            return timedelta(0)
        dag_run: Any = context["dag_run"]
        own = day_of(dag_run, context["params"], ZoneInfo(self.schedule.timezone))
        earlier = asked_days(dag_run) is None and getattr(context["task"], "day", own) != own
        return timedelta(0) if earlier else timedelta(hours=self.schedule.sensor_timeout_hours)


def _ask_again(waited: int, why: str) -> RetryDecision:
    """After so many asks, the last one included, that were answered with: another run is at work, or: not here."""
    pauses = [BETWEEN_ASKS[min(ask, len(BETWEEN_ASKS) - 1)] for ask in range(waited)]
    if sum(pauses, timedelta(0)) > LONGEST_WAIT:
        return RetryDecision.fail(f"still after {LONGEST_WAIT}: {why}")
    return RetryDecision.retry(pauses[-1], f"at {waited} asks: {why}")


@dataclass(frozen=True)
class Tries:
    """How the tries of a task ended, the one included that has just failed, since it was started or cleared."""

    failed: int
    """Failures of its work."""
    lost: int
    """Tries that ended without a word."""
    waited: int = 0
    """Tries that found another run at work, or came to a machine that is not fit."""

    @classmethod
    def of(cls, context: Context) -> Tries:
        """Those of the task in `context`."""
        ti = context["ti"]
        kept: Any = context["task_state_store"].get(_KEY)
        # who clears a task gives it another max_tries, and with it a new count
        if not kept or kept["max_tries"] != ti.max_tries:
            kept = {"failed": 0, "try_number": 0}
        failed = kept["failed"] + (kept["try_number"] != ti.try_number)
        waited = kept.get("waited", 0)  # an earlier version kept none
        begun = ti.try_number - (ti.max_tries - (context["task"].retries or 0))
        return cls(failed, max(0, begun - failed - waited), waited)

    def __str__(self) -> str:
        """For people; empty when there was but one try."""
        words = [f"Its work failed {self.failed} times."] if self.failed > 1 else []
        if self.lost:
            words.append(
                f"{self.lost} more {'try was' if self.lost == 1 else 'tries were'} lost without a message from the"
                " step: Airflow was restarted under them, or their process was killed."
            )
        if self.waited:
            words.append(
                f"It found another run at work on its step and day, or a machine that is not fit, {self.waited} times,"
                " and waited."
            )
        return " ".join(words)
