"""Look which machines answer, tell once of one that does not, and give work about its engine to those that do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.operators.branch import BaseBranchOperator
from airflow.sdk import Context, Variable

from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.messages import PREFIX
from microstep_airflow.machines.names import HEAD
from microstep_airflow.machines.workers import NoBrokerError, answering

SILENT = "microstep_silent_machines"
"""The variable that keeps which machines do not answer: at how many looks, and since when."""
LOOKS = 2
"""In a row before people are told: one may fall into a restart."""


class MachinesOperator(BaseBranchOperator):
    """Skips the tasks about machines that do not answer: each would wait in its queue, and others behind it.

    :param tasks: the id of the task about each machine besides the head
    :param tell: sends a mail to the people of every pipeline
    """

    def __init__(self, *, tasks: Mapping[str, str], tell: Callable[[Mail], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = tasks
        self.tell = tell

    def choose_branch(self, context: Context) -> list[str]:  # noqa: ARG002 - Airflow's own interface
        """The tasks about machines that answer."""
        machines, why = [HEAD, *self.tasks], ""
        try:
            alive = set(answering())
        except NoBrokerError as error:
            alive, why = set(), str(error)
        known: dict[str, Any] = Variable.get(SILENT, default={}, deserialize_json=True)
        silent = still_silent(known, [name for name in machines if name not in alive], datetime.now(UTC).isoformat())
        for mail in mails(known, silent, alive, why):
            self.tell(mail)
        if silent != known:
            Variable.set(SILENT, silent, serialize_json=True)
        return [task for machine, task in self.tasks.items() if machine in alive]


def still_silent(known: Mapping[str, Any], silent: Sequence[str], now: str) -> dict[str, Any]:
    """Of the machines that do not answer: at how many looks, LOOKS at most, and since when."""
    before = {name: known.get(name, {"looks": 0, "since": now}) for name in silent}
    return {name: {**entry, "looks": min(entry["looks"] + 1, LOOKS)} for name, entry in before.items()}


def mails(known: Mapping[str, Any], silent: Mapping[str, Any], alive: Collection[str], why: str) -> list[Mail]:
    """What there is to tell after a look: machines that do not answer at LOOKS in a row, or that do so again."""

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
                f"{PREFIX} no answer from {names}",
                {"Machines": names, "Since": since, **({"Why": why} if why else {})},
                advice="Its tasks are tried again on other machines that work for their queues, and wait when there is"
                " none. On the machine: docker compose ps, then make worker; on the head: make status. A machine that"
                " is gone for good: make token REVOKE=NAME, and remove machines/NAME.env.",
            )
        )
    if back:
        names = ", ".join(back)
        letters.append(
            Mail("info", f"{PREFIX} {names} again there", {"Machines": names}, advice="Nothing is to be done.")
        )
    return letters
