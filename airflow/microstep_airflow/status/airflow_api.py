"""What Airflow's public API says: who is alive, the last and the next run of each DAG, how maintenance went."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

SECONDS, AT_ONCE = 5.0, 2.0
"""For each answer; and where a person waits for the look."""
_PAGE = 100
"""Entries of one answer: no more are given."""
_MOST = 500
"""Runs that somebody asked for which are looked through for one that the schedule made."""
MAINTENANCE = "maintenance"
LATELY = timedelta(minutes=30)
"""How old what `maintenance` found may be to be told as of now: it looks every ten minutes."""

Json = dict[str, Any]


class NoAnswerError(Exception):
    """Airflow does not answer, or not as it should; says why."""


@dataclass(frozen=True)
class Answers:
    """What there is to know, from one look."""

    health: Json | None = None
    """The state of each part; None where even that is not answered."""
    dags: Mapping[str, Json] = field(default_factory=dict)
    runs: Mapping[str, list[Json]] = field(default_factory=dict)
    """Of each DAG the newest one by when it was due, then older ones, as far as one that nobody asked for days."""
    tasks: Mapping[str, str] = field(default_factory=dict)
    """How the tasks of the last run of `maintenance` that is over ended; none where that is not of lately."""
    why: str = ""
    """Why there is no more than the health; empty where there is all."""


def asked_days(run: Json) -> tuple[str, str] | None:
    """The first and the last day that somebody asked a run for; None for one that works on what its time says."""
    conf = run.get("conf") or {}
    first, last = conf.get("from") or conf.get("day"), conf.get("to") or conf.get("day")
    if run.get("run_type") == "scheduled" or not first or not last:
        return None
    return str(first), str(last)


def _until_routine(runs: list[Json]) -> list[Json]:
    number = next((number for number, run in enumerate(runs) if asked_days(run) is None), len(runs))
    return runs[: number + 1]


class Airflow:
    """The API as one user, whose token is kept between looks.

    :param url: of the API server
    :param login: a file with user:password, of a user who may only look
    :param seconds: for each answer
    """

    def __init__(self, url: str, login: Path, seconds: float = SECONDS) -> None:
        self._url = url.rstrip("/")
        self._login = login
        self._seconds = seconds
        self._token = ""

    def look(self, dag_ids: Collection[str]) -> Answers:
        """All that there is to know of some DAGs; never raises."""
        try:
            health = self._request("GET", "/api/v2/monitor/health")
        except NoAnswerError as error:
            return Answers(why=str(error))
        try:
            dags = self._dags()
            return Answers(health, dags, self._runs(set(dag_ids) & set(dags)), self._maintenance())
        except NoAnswerError as error:
            return Answers(health, why=str(error))
        except (KeyError, TypeError, ValueError) as error:
            return Answers(health, why=f"Airflow answers in another form: {error!r}")

    def _dags(self) -> dict[str, Json]:
        dags: dict[str, Json] = {}
        while True:
            answer = self._asked("GET", f"/api/v2/dags?limit={_PAGE}&offset={len(dags)}&order_by=dag_id")
            dags |= {dag["dag_id"]: dag for dag in answer["dags"]}
            if len(dags) >= answer["total_entries"] or not answer["dags"]:
                return dags

    def _runs(self, dag_ids: set[str]) -> dict[str, list[Json]]:
        """One list has the newest runs of all; those that are in none of it are asked for again, by themselves."""
        runs: dict[str, list[Json]] = {}
        left, first = dag_ids, 0
        while left and first < _MOST:
            body = {"dag_ids": sorted(left), "order_by": "-run_after", "page_limit": _PAGE, "page_offset": first}
            answer = self._asked("POST", "/api/v2/dags/~/dagRuns/list", body)["dag_runs"]
            if not answer:
                break
            found: dict[str, list[Json]] = {}
            for run in answer:
                found.setdefault(run["dag_id"], []).append(run)
            done = {dag for dag in found if any(asked_days(run) is None for run in found[dag])}
            for dag, more in found.items():
                runs[dag] = [*(runs.get(dag, []) if first else []), *more]
            # without those the list of all others begins anew
            left, first = left - done, 0 if done else first + len(answer)
        return {dag: _until_routine(of_dag) for dag, of_dag in runs.items()}

    def _maintenance(self) -> dict[str, str]:
        where = f"/api/v2/dags/{MAINTENANCE}/dagRuns"
        found = self._asked("GET", f"{where}?limit=1&order_by=-run_after&state=success&state=failed")["dag_runs"]
        if not found or datetime.now(UTC) - datetime.fromisoformat(found[0]["end_date"]) > LATELY:
            return {}
        tasks = self._asked("GET", f"{where}/{quote(found[0]['dag_run_id'])}/taskInstances?limit={_PAGE}")
        return {task["task_id"]: task["state"] for task in tasks["task_instances"] if task["state"]}

    def _asked(self, method: str, path: str, body: Json | None = None) -> Json:
        """An answer for whom is logged in; with a new token where the old one is none any more."""
        if self._token:
            try:
                return self._request(method, path, body)
            except _RefusedError:
                pass
        try:
            user, _, password = self._login.read_text(encoding="utf-8").strip().partition(":")
        except OSError as error:
            raise NoAnswerError(f"no log-in to Airflow: {self._login}: {error.strerror}") from None
        self._token = ""
        answer = self._request("POST", "/auth/token", {"username": user, "password": password})
        self._token = str(answer["access_token"])
        return self._request(method, path, body)

    def _request(self, method: str, path: str, body: Json | None = None) -> Json:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", data, headers, method=method)
        try:
            with OPENER.open(request, timeout=self._seconds) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            kind = _RefusedError if error.code == 401 else NoAnswerError
            raise kind(f"Airflow answers {error.code} to {path.partition('?')[0]}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NoAnswerError(f"Airflow does not answer: {getattr(error, 'reason', error)}") from None
        if not isinstance(found, dict):
            raise NoAnswerError(f"Airflow answers in another form to {path.partition('?')[0]}")
        return found


class _RefusedError(NoAnswerError):
    """Not logged in, or not any more."""


# what is said within the stack goes through nobody's proxy
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
