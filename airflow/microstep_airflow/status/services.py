"""Which parts of the stack are well, as they themselves answer: without the engine, which nothing here may ask."""

from __future__ import annotations

import http.client
import socket
import urllib.error
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from microstep_airflow.status import remedies
from microstep_airflow.status.airflow_api import MAINTENANCE, OPENER, Answers
from microstep_airflow.status.shape import Cell, Part, Services, rank

SECONDS = 3.0
_OF_AIRFLOW = {
    "airflow-scheduler": "scheduler",
    "airflow-dag-processor": "dag_processor",
    "airflow-triggerer": "triggerer",
    "postgres": "metadatabase",
}
PAGES = {"mlflow": "http://mlflow:5000/health", "maildev": "http://maildev:1080/api/email"}
"""What answers a plain request."""
PORTS = {"pages": 8080}
"""What is only asked whether it listens."""
ENGINE_TASK = "end_orphans"
"""Of `maintenance`: the one that asks the engine, through the socket proxy."""


def ask_parts(answers: Answers) -> list[Part]:
    """Every part of a stack on one machine, in order of its name."""
    parts = [_api_server(answers), *(_of_airflow(name, answers) for name in _OF_AIRFLOW), _proxy(answers.tasks)]
    with ThreadPoolExecutor(max_workers=len(PAGES) + len(PORTS)) as pool:
        parts += pool.map(lambda item: _page(*item), PAGES.items())
        parts += pool.map(lambda item: _port(*item), PORTS.items())
    return sorted(parts, key=lambda part: part.name)


def summary(parts: Sequence[Part], why: str = "", *, up: bool = True) -> Services:
    """One cell for all.

    :param why: they could not be asked about
    :param up: False where the stack is not started at all
    """
    if not up:
        return Services(state="bad", text="the stack is down", remedy="make up", parts=list(parts))
    if why:
        return Services(state="unknown", text=why, remedy="make doctor", parts=list(parts))
    ill = [part for part in parts if part.state == "bad"]
    unknown = [part for part in parts if part.state == "unknown"]
    if ill:
        text = "; ".join(f"{part.name} {part.text}" for part in ill)
        text += f"; {', '.join(part.name for part in unknown)} not known" if unknown else ""
        return Services(state="bad", text=text, remedy=f"docker compose logs {ill[0].name}; make up", parts=list(parts))
    if unknown:
        names = ", ".join(part.name for part in unknown)
        text = f"{len(parts) - len(unknown)} of {len(parts)} healthy, not known: {names} ({unknown[0].text})"
        return Services(state="unknown", text=text, remedy="make status", parts=list(parts))
    starting = [part.name for part in parts if part.state == "note"]
    if starting:
        return Services(state="note", text=f"starting: {', '.join(starting)}", parts=list(parts))
    return Services(state="ok", text=f"all {len(parts)} healthy", parts=list(parts))


def with_maintenance(found: Services, answers: Answers) -> Services:
    """The cell, with what is amiss in the DAG that looks after the stack: no mail tells of it.

    Mails that it cannot send are told of as such.
    """
    known = answers.dags.get(MAINTENANCE)
    if known is None:
        return found
    failed = [name for name, state in answers.tasks.items() if state == "failed" and name != "send"]
    if known.get("is_paused"):
        text, remedy = f"{MAINTENANCE} is paused", remedies.unpause("", MAINTENANCE)
    elif failed:
        text, remedy = f"{MAINTENANCE} failed: {', '.join(failed)}", "the log of the red task says why"
    else:
        return found
    if rank(found.state) < rank("bad"):
        found.state, found.remedy = "bad", remedy
    found.text = f"{found.text}; {text}"
    return found


def machines(names: Sequence[str], tasks: Mapping[str, str], why: str) -> Cell | None:
    """Which further machines answered at the last look of `maintenance`; None where there is none."""
    if not names:
        return None
    if why:
        return Cell(state="unknown", text=why)
    states = {name: tasks.get(f"{ENGINE_TASK}_{name}") for name in names}
    silent = [name for name, state in states.items() if state == "skipped"]
    unknown = [name for name, state in states.items() if state not in ("skipped", "success")]
    if silent:
        text = f"no answer from {', '.join(silent)}"
        return Cell(state="bad", text=text, remedy="on that machine: docker compose ps, then make worker")
    if unknown:
        return Cell(state="unknown", text=f"not known: {', '.join(unknown)}", remedy="make status WORKERS=1")
    return Cell(state="ok", text=f"{', '.join(names)} answered")


def _api_server(answers: Answers) -> Part:
    name = "airflow-apiserver"
    return Part(name, "ok", "healthy") if answers.health is not None else Part(name, "bad", answers.why)


def _of_airflow(name: str, answers: Answers) -> Part:
    if answers.health is None:
        return Part(name, "unknown", "Airflow does not answer")
    state = (answers.health.get(_OF_AIRFLOW[name]) or {}).get("status")
    if state == "healthy":
        return Part(name, "ok", "healthy")
    return Part(name, "bad", "gives no sign of life") if state else Part(name, "unknown", "Airflow does not say")


def _proxy(tasks: Mapping[str, str]) -> Part:
    """It is in a network of its own, so what asked it last is looked at."""
    state = tasks.get(ENGINE_TASK)
    if state == "success":
        return Part("socket-proxy", "ok", "answered maintenance")
    if state == "failed":
        return Part("socket-proxy", "bad", "did not answer maintenance")
    return Part("socket-proxy", "unknown", "maintenance has not asked it lately")


def _page(name: str, url: str) -> Part:
    try:
        with OPENER.open(url, timeout=SECONDS):
            return Part(name, "ok", "healthy")
    except urllib.error.HTTPError as error:
        return Part(name, "bad", f"answers {error.code}")
    except (OSError, http.client.HTTPException) as error:
        return Part(name, "bad", f"does not answer: {getattr(error, 'reason', error)}")


def _port(name: str, port: int) -> Part:
    try:
        with socket.create_connection((name, port), timeout=SECONDS):
            return Part(name, "ok", "listens")
    except OSError as error:
        return Part(name, "bad", f"does not answer: {error}")
