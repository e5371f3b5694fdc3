import socket

import pytest

from contract.champion import Champion
from contract.errors import DataError
from predict import registry as module
from predict.registry import NoAnswer, registered_champion

CHAMPION = Champion(
    day="2026-11-16",
    file="models/2026-11-16/m.joblib",
    sha256="1" * 64,
    manifest="2" * 64,
    sklearn="1.9.1",
    version="7",
)


def test_the_version_with_the_alias_tells_all_by_its_tags(registry):
    registry.champions["our shop/1"] = CHAMPION
    assert registered_champion(f"{registry.uri}/", "our shop/1") == CHAMPION
    assert registry.asked == ["/api/2.0/mlflow/registered-models/alias?name=our+shop%2F1&alias=champion"]


def test_a_model_that_it_does_not_know_is_no_answer(registry):
    with pytest.raises(NoAnswer, match=r"http://.* names no champion of 'shop': HTTP Error 404"):
        registered_champion(registry.uri, "shop")


def test_no_registry_is_no_answer():
    with pytest.raises(NoAnswer, match="MLFLOW_TRACKING_URI is not set"):
        registered_champion(None, "shop")


def test_an_address_that_is_no_web_address_is_no_answer():
    with pytest.raises(NoAnswer, match=r"must begin with http:// or https://, got 'file:///etc'"):
        registered_champion("file:///etc", "shop")


@pytest.mark.parametrize("raw", [b"<html>", b"{}", b'{"model_version": {"version": 3}}', b"\xff"])
def test_another_answer_than_mlflows_is_no_answer(registry, raw):
    registry.raw = raw
    with pytest.raises(NoAnswer, match="names no champion"):
        registered_champion(registry.uri, "shop")


def test_a_registry_that_is_down_is_no_answer(registry):
    registry.close()
    with pytest.raises(NoAnswer, match="refused"):
        registered_champion(registry.uri, "shop")


def test_a_registry_that_never_answers_is_no_answer(monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(NoAnswer, match="timed out"):
        registered_champion(f"http://127.0.0.1:{deaf.getsockname()[1]}", "shop")


def test_a_version_without_trains_tags_is_refused(registry):
    registry.raw = b'{"model_version": {"version": "4", "tags": [{"key": "day", "value": "2026-11-16"}]}}'
    with pytest.raises(DataError, match="registry: version 4 must carry the tags file, manifest, sha256, sklearn"):
        registered_champion(registry.uri, "shop")
