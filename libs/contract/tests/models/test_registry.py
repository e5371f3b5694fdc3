import json
import os
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from contract.errors import ConfigError, DataError, ExitCode, NotPermitted, Unavailable
from contract.models import registry as module
from contract.models.champion import Champion
from contract.models.registry import NoAnswer, failed_call, reach_registry, registered_champion

CHAMPION = Champion(
    day="2026-11-16",
    file="models/2026-11-16/m.joblib",
    sha256="1" * 64,
    manifest="2" * 64,
    sklearn="1.9.1",
    version="7",
)
ALIAS = "/api/2.0/mlflow/registered-models/alias?name=our+shop%2F1&alias=champion"
NAME = "our shop/1"


class Registry:
    """Answers what it is told to, by path, and 404 to all else."""

    def __init__(self):
        self.answers = {"/version": b"3"}
        self.login = None
        answers, this = self.answers, self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                known = this.login in (None, self.headers["Authorization"])
                self.send_response(401 if not known else 200 if self.path in answers else 404)
                self.end_headers()
                self.wfile.write(answers.get(self.path, b""))

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def registry():
    started = Registry()
    yield started
    started.close()


@pytest.mark.parametrize("address", [None, ""])
def test_no_address_means_no_registry(monkeypatch, address):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    if address is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    assert reach_registry() is None


def test_a_registry_that_answers_is_given_back_and_calls_home_to_nobody(monkeypatch, registry):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.address + "/")
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    assert reach_registry() == registry.address + "/"
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


@pytest.fixture
def login(monkeypatch, tmp_path):
    """The file with a step's log-in, not yet written; no log-in in the environment."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("MICROSTEP_MLFLOW_LOGIN_FILE", str(tmp_path / "login"))
    return tmp_path / "login"


BASIC = "Basic dHJhaW46cGE6c3M="


def test_a_step_logs_in_by_its_file_and_so_does_mlflows_client(monkeypatch, registry, login):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.address)
    registry.login = BASIC
    with pytest.raises(Unavailable, match=r"refuses the log-in of nobody: HTTP Error 401.*`make rotate` makes"):
        reach_registry()
    login.write_text("train:wrong\n")
    with pytest.raises(Unavailable, match="refuses the log-in of train"):
        reach_registry()
    login.write_text("train:pa:ss\n")
    assert reach_registry() == registry.address
    assert (os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"]) == ("train", "pa:ss")
    with pytest.raises(NoAnswer, match="HTTP Error 404"):
        registered_champion(registry.address, "shop")
    login.write_text("train:old")
    with pytest.raises(NoAnswer, match="HTTP Error 401"):
        registered_champion(registry.address, "shop")


def test_without_a_file_mlflows_own_variables_hold(monkeypatch, registry, login):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.address)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "train")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "pa:ss")
    registry.login = BASIC
    assert reach_registry() == registry.address


def test_a_login_that_cannot_be_read_is_told(monkeypatch, registry, login):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.address)
    login.mkdir()
    with pytest.raises(NotPermitted, match=r"login: the log-in to MLflow cannot be read: Is a directory; `make up`"):
        reach_registry()


def test_a_registry_that_refuses_is_unavailable(monkeypatch, registry):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.address + "/elsewhere")
    with pytest.raises(Unavailable, match="elsewhere does not answer: HTTP Error 404"):
        reach_registry()


def test_nobody_at_the_address_is_unavailable(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"http://127.0.0.1:9 does not answer: .*refused"):
        reach_registry()


def test_an_address_that_cannot_be_is_unavailable(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:port")
    with pytest.raises(Unavailable, match="nonnumeric port"):
        reach_registry()


def test_an_address_of_another_kind_is_a_wrong_configuration(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    with pytest.raises(ConfigError, match=r"must begin with http:// .* got 'sqlite:///mlflow.db'"):
        reach_registry()


def test_the_version_with_the_alias_tells_all_by_its_tags(registry):
    tags = [{"key": name, "value": value} for name, value in CHAMPION.tags().items()]
    version = {"name": NAME, "version": "7", "tags": [*tags, {"key": "mine", "value": "1"}]}
    registry.answers[ALIAS] = json.dumps({"model_version": version}).encode()
    assert registered_champion(f"{registry.address}/", NAME) == CHAMPION


def test_a_model_that_it_does_not_know_is_no_answer(registry):
    with pytest.raises(NoAnswer, match=r"http://.* names no champion of 'shop': HTTP Error 404"):
        registered_champion(registry.address, "shop")


def test_no_registry_is_no_answer():
    with pytest.raises(NoAnswer, match="MLFLOW_TRACKING_URI is not set"):
        registered_champion(None, "shop")


def test_an_address_that_is_no_web_address_is_no_answer():
    with pytest.raises(NoAnswer, match=r"must begin with http:// or https://, got 'file:///etc'"):
        registered_champion("file:///etc", "shop")


@pytest.mark.parametrize("raw", [b"<html>", b"{}", b'{"model_version": {"version": 3}}', b"\xff"])
def test_another_answer_than_mlflows_is_no_answer(registry, raw):
    registry.answers[ALIAS] = raw
    with pytest.raises(NoAnswer, match="names no champion"):
        registered_champion(registry.address, NAME)


def test_a_registry_that_is_down_is_no_answer(registry):
    registry.close()
    with pytest.raises(NoAnswer, match="refused"):
        registered_champion(registry.address, "shop")


def test_a_registry_that_never_answers_is_no_answer(monkeypatch):
    monkeypatch.setattr(module, "_ALIAS_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(NoAnswer, match="timed out"):
        registered_champion(f"http://127.0.0.1:{deaf.getsockname()[1]}", "shop")


def test_a_version_without_trains_tags_is_refused(registry):
    registry.answers[ALIAS] = b'{"model_version": {"version": "4", "tags": [{"key": "day", "value": "2026-11-16"}]}}'
    with pytest.raises(DataError, match="registry: version 4 must carry the tags file, manifest, sha256, sklearn"):
        registered_champion(registry.address, NAME)


class ClientError(Exception):
    """As MLflow's client raises it, and as the library below it does."""

    def __init__(self, code=None, status=None):
        super().__init__("train may not do that")
        self.error_code, self.response = code, SimpleNamespace(status_code=status)


@pytest.mark.parametrize("error", [ClientError(code="PERMISSION_DENIED"), ClientError(status=403)])
def test_a_call_that_mlflow_forbids_is_not_tried_again_and_the_way_out_is_told(error):
    failure = failed_call(error, "at the alias")
    assert failure.code == ExitCode.NOT_PERMITTED
    assert re.search("forbids a call at the alias: train may not do that; .*`make up`", str(failure))


@pytest.mark.parametrize("error", [ClientError(code="INTERNAL_ERROR"), ClientError(status=401), OSError("reset")])
def test_any_other_failure_of_mlflow_is_worth_another_try(error):
    assert failed_call(error, "at the alias").code == ExitCode.UNAVAILABLE
