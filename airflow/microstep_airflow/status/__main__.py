"""Look once and print it, or serve looks: `python -m microstep_airflow.status`, which `make status` asks in the stack.

Ends with 0 when it could tell; with --check, with 1 where something is wrong or cannot be told.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from microstep_airflow.machines.names import FOLDER as MACHINES
from microstep_airflow.status import look, services, text
from microstep_airflow.status.airflow_api import AT_ONCE, SECONDS, Airflow, Answers
from microstep_airflow.status.shape import Part, Status

LOGIN = "/run/microstep/status/airflow_login"


class FromTheHost(msgspec.Struct):
    """What only whoever may ask the engine knows: the containers of the stack."""

    up: bool
    parts: list[Part] = []
    why: str = ""
    """Why the engine could not be asked."""


def _airflow(seconds: float) -> Airflow:
    url = os.environ.get("MICROSTEP_AIRFLOW_API", "http://airflow-apiserver:8080")
    return Airflow(url, Path(os.environ.get("MICROSTEP_AIRFLOW_LOGIN_FILE", LOGIN)), seconds)


def _look(airflow: Airflow | None, host: FromTheHost | None, chosen: str | None = None) -> Status:
    """One look; without `airflow` what the disk says."""
    places = look.Places.read()
    found = look.catalog(places)
    if airflow is None:
        why = "Airflow cannot be asked from here"
        if host is not None and not host.why:
            why = "the part status does not answer, so Airflow was not asked" if host.up else "the stack is down"
        answers = Answers(why=why)
    else:
        answers = airflow.look(look.dag_ids(found))
    if host is None and airflow is None:
        parts = services.summary([], "nobody was asked")
    elif host is None:
        parts = services.summary(services.ask_parts(answers))
    else:
        parts = services.summary(host.parts, host.why, up=host.up or bool(host.why))
    parts = services.with_maintenance(parts, answers)
    names = sorted(path.stem for path in (places.config.parent / MACHINES).glob("*.env"))
    machines = services.machines(names, answers.tasks, answers.why)
    return look.look(places, found, answers, parts, machines, now=datetime.now(UTC), chosen=chosen)


def main() -> int:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true", help="serve a page and JSON on port 8000 until SIGTERM")
    parser.add_argument("--disk", action="store_true", help="ask no service: report only what the data root says")
    parser.add_argument("--host", action="store_true", help="take the stack's containers as JSON from standard input")
    parser.add_argument("--pipeline", help="only this pipeline, with details")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 if something is wrong or unknown")
    parser.add_argument("--width", type=int, default=100, help="of the terminal")
    parser.add_argument("--colour", action="store_true", help="for a terminal")
    args = parser.parse_args()
    if args.serve:
        from microstep_airflow.status.serve import serve

        logging.basicConfig(level=logging.INFO)
        airflow = _airflow(SECONDS)
        return serve(lambda: _look(airflow, None))
    logging.disable()  # what is torn or damaged is in its cell
    host = msgspec.json.decode(sys.stdin.buffer.read(), type=FromTheHost) if args.host else None
    status = _look(None if args.disk else _airflow(AT_ONCE), host, args.pipeline)
    if args.json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(status), indent=2) + b"\n")
    else:
        details = args.pipeline is not None or len(status.pipelines) == 1
        print(text.render(status, width=args.width, colour=args.colour, details=details))
    return 1 if args.check and status.state in ("bad", "unknown") else 0


if __name__ == "__main__":
    sys.exit(main())
