"""Look which machines answer, tell once of one that does not, and give work about its engine to those that do.

One that has another version than the head starts no step, and is told of in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.operators.branch import BaseBranchOperator
from airflow.sdk import Context, Variable

from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.messages import PREFIX
from microstep_airflow.machines.names import HEAD
from microstep_airflow.machines.version import RENEW
from microstep_airflow.machines.workers import NoBrokerError, answering

SILENT = "microstep_silent_machines"
"""The variable that keeps which machines do not answer: at how many looks, and since when."""
OLD = "microstep_old_machines"
"""Likewise of those that have another version than the head."""
LOOKS = 2
"""In a row before people are told: one may fall into a restart."""


class MachinesOperator(BaseBranchOperator):
    """Skips the tasks about machines that do not answer: each would wait in its queue, and others behind it.

    :param tasks: the id of the task about each machine besides the head
    :param tell: sends a mail to the people of every pipeline
    :param old: the machines that have another version than the head
    """

    def __init__(
        self,
        *,
        tasks: Mapping[str, str],
        tell: Callable[[Mail], None],
        old: Callable[[], Sequence[str]] = tuple,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tasks = tasks
        self.tell = tell
        self.old = old

    def choose_branch(self, context: Context) -> list[str]:  # noqa: ARG002 - Airflow's own interface
        """The tasks about machines that answer."""
        machines, why = [HEAD, *self.tasks], ""
        try:
            alive = set(answering())
        except NoBrokerError as error:
            alive, why = set(), str(error)
        self._tell_of(SILENT, [name for name in machines if name not in alive], alive, why)
        self._tell_of(OLD, [name for name in self.old() if name in alive], (), "")
        return [task for machine, task in self.tasks.items() if machine in alive]

    def _tell_of(self, variable: str, silent: Sequence[str], alive: Collection[str], why: str) -> None:
        known: dict[str, Any] = Variable.get(variable, default={}, deserialize_json=True)
        now = still_silent(known, silent, datetime.now(UTC).isoformat())
        for mail in mails(known, now, alive, why, old=variable == OLD):
            self.tell(mail)
        if now != known:
            Variable.set(variable, now, serialize_json=True)


def still_silent(known: Mapping[str, Any], silent: Sequence[str], now: str) -> dict[str, Any]:
    """Of the machines that do not answer: at how many looks, LOOKS at most, and since when."""
    before = {name: known.get(name, {"looks": 0, "since": now}) for name in silent}
    return {name: {**entry, "looks": min(entry["looks"] + 1, LOOKS)} for name, entry in before.items()}


def mails(
    known: Mapping[str, Any], silent: Mapping[str, Any], alive: Collection[str], why: str, *, old: bool = False
) -> list[Mail]:
    """What there is to tell after a look: machines that do not answer at LOOKS in a row, or that do so again.

    :param old: they do answer, and have another version than the head
    """

    def told(looks: Mapping[str, Any]) -> set[str]:
        return {name for name, entry in looks.items() if entry["looks"] >= LOOKS}

    # one that is no longer silent may have been removed
    gone, back = sorted(told(silent) - told(known)), sorted(told(known).intersection(alive))
    letters = []
    if gone:
        names, since = ", ".join(gone), min(silent[name]["since"] for name in gone)
        letters.append(
            Mail(
                "error",
                f"{PREFIX} {names}: another version than the head's" if old else f"{PREFIX} no answer from {names}",
                {"Machines": names, "Since": since, **({"Why": why} if why else {})},
                advice=f"No step starts there: it would be done by other code than here. To mend it: {RENEW}."
                if old
                else "Its tasks are tried again on other machines that work for their queues, and wait when there is"
                " none. On the machine: docker compose ps, then make worker; on the head: make status. A machine that"
                " is gone for good: make token REVOKE=NAME, and remove machines/NAME.env.",
            )
        )
    if back:
        names = ", ".join(back)
        letters.append(
            Mail("info", f"{PREFIX} {names} again there", {"Machines": names}, advice="You need do nothing.")
        )
    return letters
