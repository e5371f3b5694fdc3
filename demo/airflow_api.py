"""The calls of Airflow's REST API that a person would make by clicking: start runs, watch them, look at tasks."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

ENDED = ("success", "failed")
ANSWER_SECONDS = 150
"""Longer than the minute for which the server may wait for its SQLite file (embedded.py)."""
TRIES = 3
"""Of a call whose wait for that file was in vain, on a machine with much else to do: the server has taken all back."""


class AirflowApi:
    """One Airflow, logged in as admin at the first call, and anew when it takes the token no more."""

    def __init__(self, url: str, password: Callable[[], str]) -> None:
        self.url = url
        self._password = password
        self._token: str | None = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A call below the address. Raises urllib's HTTPError with the answer's text."""
        if self._token is not None:
            try:
                return self._request(method, path, body)
            except urllib.error.HTTPError as error:
                # of a token that is too old, and of one that was signed with a secret that is replaced
                if error.code not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                    raise
        self._token = None
        login = {"username": "admin", "password": self._password()}
        self._token = self._request("POST", "/auth/token", login)["access_token"]
        return self._request(method, path, body)

    def health(self) -> dict[str, Any]:
        """The state of each part; needs no log-in."""
        answer: dict[str, Any] = self._request("GET", "/api/v2/monitor/health", None)
        return answer

    def start(self, dag: str, day: str, to: str | None = None) -> str:
        """Start a run of a DAG for a day, or from it to another, as the page's Trigger button does; the run's id."""
        body = {"logical_date": None, "conf": {"day": day} if to is None else {"from": day, "to": to}}
        return str(self.call("POST", f"/api/v2/dags/{dag}/dagRuns", body)["dag_run_id"])

    def state(self, dag: str, run: str) -> str:
        """The state of a run."""
        return str(self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"])

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=100"
        answer: list[dict[str, Any]] = self.call("GET", path)["task_instances"]
        return answer

    def run_days(self, dag: str, days: list[str], tell: Callable[[str], object] = str) -> dict[str, str]:
        """Run a DAG for each day and wait for all; returns the final state by day."""
        runs = {day: self.start(dag, day) for day in days}
        states: dict[str, str] = {}
        # one after the other: to be asked for each of them all the time costs the server a part of a processor
        for day, run in runs.items():
            while (state := self.state(dag, run)) not in ENDED:
                time.sleep(0.5)
            states[day] = state
            tell(f"{sum(state == 'success' for state in states.values())} of {len(days)} done")
        return states

    def run_range(self, dag: str, first: str, last: str, tell: Callable[[list[str]], object]) -> str:
        """One run for all days of a range, both ends included; waits for it, and returns its final state.

        `tell` hears the days that are done each time.
        """
        run = self.start(dag, first, last)
        while (state := self.state(dag, run)) not in ENDED:
            tell(self.days_done(dag, run))
            time.sleep(0.5)
        tell(self.days_done(dag, run))
        return state

    def days_done(self, dag: str, run: str) -> list[str]:
        """The days of a run whose step of the DAG's own name has succeeded."""
        done = (task for task in self.tasks(dag, run) if task["task_id"] == dag and task["state"] == "success")
        return sorted(task["rendered_map_index"] for task in done)

    def _request(self, method: str, path: str, body: Any) -> Any:
        for left in reversed(range(TRIES)):
            try:
                return self._ask(method, path, body)
            except urllib.error.HTTPError as error:
                if not left or error.code != HTTPStatus.INTERNAL_SERVER_ERROR or "Database error" not in error.msg:
                    raise
        raise AssertionError

    def _ask(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {self._token}"} if self._token else {}),
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                text = answer.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            error.msg = f"{error.msg}: {method} {path}: {error.read().decode(errors='replace')[:500]}"
            raise
