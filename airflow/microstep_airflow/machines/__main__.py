"""Tell of each machine whether its worker answers, and for which queues it works: `make status` asks in the scheduler.

Ends with 0 when all do and have the head's version, else with 69.
"""

from __future__ import annotations

import sys
from collections.abc import Collection

from contract.errors import ExitCode
from microstep_airflow.machines.names import HEAD, others
from microstep_airflow.machines.version import RENEW, other_versions
from microstep_airflow.machines.workers import NoBrokerError, Worker, answering
from microstep_airflow.settings import Settings


def table(machines: list[str], workers: dict[str, Worker], others: Collection[str] = ()) -> list[str]:
    """A line for each machine that there should be, and for each worker of a machine that has no file.

    :param others: those that have another version than the head
    """
    lines = []
    for machine in [*machines, *sorted(set(workers) - set(machines))]:
        worker = workers.get(machine)
        if worker is None:
            lines.append(f"{machine:<20} does not answer")
        else:
            lines.append(f"{machine:<20} answers, at work on {worker.at_work}; queues {', '.join(worker.queues)}")
        if machine in others:
            lines.append(f"{'':<20} has another version than the head, and starts no step; {RENEW}")
    return lines


def main() -> int:
    """Print the table."""
    settings = Settings.read()
    machines, old = [HEAD, *others(settings)], other_versions(settings)
    try:
        workers = answering()
    except NoBrokerError as error:
        print(error)
        return ExitCode.UNAVAILABLE
    print("\n".join(table(machines, workers, old)))
    return 0 if set(machines) <= set(workers) and not old else ExitCode.UNAVAILABLE


if __name__ == "__main__":
    sys.exit(main())
