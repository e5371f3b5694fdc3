"""Bring Airflow's database up to date and make the pool of the steps, before any part of Airflow starts.

    python -m microstep_airflow.prepare 2

In one process: each command of Airflow's takes four seconds of processor time before it does anything, and all parts of
Airflow wait for this.
"""

import importlib
import sys

POOL = ("steps", "containers of steps at the same time")


def main(slots: str) -> None:
    """Carry out Airflow's own commands; ends the program when one of them fails."""
    name, description = POOL
    for command in (["db", "migrate"], ["pools", "set", name, slots, description]):
        # before the import: airflow_local_settings goes by it
        sys.argv = ["airflow", *command]
        importlib.import_module("airflow.__main__").main()


if __name__ == "__main__":
    main(sys.argv[1])
