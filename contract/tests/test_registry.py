import http.server
import os
import threading

import pytest

from contract.errors import ConfigError, Unavailable
from contract.registry import reach_registry


@pytest.fixture
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.mark.parametrize("address", [None, ""])
def test_no_address_means_no_registry(monkeypatch, address):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if address is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert reach_registry() is None


def test_a_registry_that_answers_is_given_back_and_calls_home_to_nobody(monkeypatch, server):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server + "/")
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    assert reach_registry() == server + "/"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_a_registry_that_refuses_is_unavailable(monkeypatch, server):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server + "/elsewhere")
    with pytest.raises(Unavailable, match="elsewhere does not answer: HTTP Error 404"):
        reach_registry()


def test_nobody_at_the_address_is_unavailable(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"http://127.0.0.1:9 does not answer: .*refused"):
        reach_registry()


def test_an_address_of_another_kind_is_a_wrong_configuration(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    with pytest.raises(ConfigError, match=r"must begin with http:// .* got 'sqlite:///mlflow.db'"):
        reach_registry()
