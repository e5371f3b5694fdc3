"""The service: three addresses, the last look, and its age."""

import json
import threading
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from status_world import NOW
from test_text import row, status

from microstep_airflow.status.serve import Looks, server


@pytest.fixture
def served():
    """Asks a server whose clock stands at a time; gives code, headers and text."""
    started = []

    def ask(looks, path, after=timedelta(), method="GET"):
        serving = server(looks, 0, lambda: NOW + after)
        started.append(serving)
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        request = urllib.request.Request(f"http://127.0.0.1:{serving.server_port}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    yield ask
    for serving in started:
        serving.shutdown()
        serving.server_close()


@pytest.fixture
def looks():
    made = Looks(lambda: status(row("churn")))
    made.once()
    return made


def test_the_same_look_is_a_page_and_json(served, looks):
    code, headers, page = served(looks, "/")
    assert (code, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "churn" in page
    code, headers, text = served(looks, "/status.json?x")
    assert (code, json.loads(text)["pipelines"][0]["name"]) == (200, "churn")


@pytest.mark.parametrize("path", ["/etc/passwd", "/../data/ledger.jsonl", "/status.html"])
def test_nothing_else_is_there(served, looks, path):
    assert served(looks, path)[0] == 404


def test_nothing_can_be_changed(served, looks):
    assert served(looks, "/", method="POST")[0] == 501
    assert served(looks, "/", method="HEAD")[2] == ""


def test_before_the_first_look_there_is_nothing_to_show(served):
    assert served(Looks(status), "/")[0] == 503


def test_health_is_that_of_the_looks(served, looks):
    assert served(looks, "/health")[0] == 200
    assert served(looks, "/health", timedelta(minutes=4))[0] == 503
    assert "Old: this was 4 minutes ago." in served(looks, "/", timedelta(minutes=4))[2]


def test_a_look_that_fails_leaves_the_last_one_which_gets_old(looks, caplog):
    last = looks.last
    looks._look = lambda: 1 / 0
    looks.once()
    assert looks.last is last
    assert "the stack could not be looked at" in caplog.text
