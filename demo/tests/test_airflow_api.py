"""The calls of Airflow's API, against a server that does what Airflow's does with tokens."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from airflow_api import AirflowApi


class Airflow(BaseHTTPRequestHandler):
    """Takes the last token that it gave, for the password that it has now; runs end at the second look."""

    password, refusal, busy, hidden = "first", 401, 0, {"detail": {"reason": "Database error", "statement": "hidden"}}
    tokens: ClassVar[list[str]]
    looks: ClassVar[dict[str, int]]

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            if asked["password"] != self.password:
                self.tell(401, {})
                return
            self.tokens.append(f"token {len(self.tokens)}")
            self.tell(201, {"access_token": self.tokens[-1]})
        elif type(self).busy:
            type(self).busy -= 1
            self.tell(500, self.hidden)
        elif self.allowed():
            self.tell(200, {"dag_run_id": f"run-{asked['conf']['day']}"})

    def do_GET(self):
        if self.allowed():
            run = self.path.rpartition("/")[2]
            self.looks[run] = self.looks.get(run, 0) + 1
            ended = "failed" if run.endswith("02") else "success"
            self.tell(200, {"state": ended if self.looks[run] > 1 else "running"})

    def allowed(self):
        if self.tokens and self.headers["Authorization"] == f"Bearer {self.tokens[-1]}":
            return True
        self.tell(self.refusal, {})
        return False

    def tell(self, status, content):
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass


@pytest.fixture
def airflow():
    class Fresh(Airflow):
        tokens: ClassVar[list[str]] = []
        looks: ClassVar[dict[str, int]] = {}

    with ThreadingHTTPServer(("127.0.0.1", 0), Fresh) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Fresh, AirflowApi(f"http://127.0.0.1:{server.server_port}", lambda: Fresh.password)
        server.shutdown()


@pytest.mark.parametrize("refusal", [401, 403], ids=["a token that is too old", "one of a secret that is replaced"])
def test_it_logs_in_once_and_again_when_its_token_is_taken_no_more(airflow, refusal):
    server, api = airflow
    server.refusal = refusal
    assert api.start("generate", "2026-01-01") == api.start("generate", "2026-01-01") == "run-2026-01-01"
    assert len(server.tokens) == 1
    server.tokens.append("of nobody")
    server.password = "second"
    assert api.start("generate", "2026-01-02") == "run-2026-01-02"
    assert len(server.tokens) == 3


def test_who_may_not_even_with_a_new_token_is_told(airflow):
    server, api = airflow
    server.allowed = lambda request: request.tell(403, {}) or False
    for tokens in (1, 2):
        with pytest.raises(OSError, match="403"):
            api.start("generate", "2026-01-01")
        assert len(server.tokens) == tokens


def test_all_days_are_waited_for_and_each_has_its_own_end(airflow):
    _, api = airflow
    told = []
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert api.run_days("generate", days, told.append) == dict(zip(days, ("success", "failed", "success"), strict=True))
    assert told == ["1 of 3 done", "1 of 3 done", "2 of 3 done"]


def test_a_database_that_was_busy_for_too_long_is_asked_again_and_no_other_error_is(airflow):
    server, api = airflow
    server.busy = 2
    assert api.start("generate", "2026-01-01") == "run-2026-01-01"
    for busy, told, left in ((4, server.hidden, 1), (4, {"detail": "a mistake"}, 3)):
        server.busy, server.hidden = busy, told
        with pytest.raises(OSError, match="500"):
            api.start("generate", "2026-01-01")
        assert server.busy == left
