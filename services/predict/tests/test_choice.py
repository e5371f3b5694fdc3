import msgspec
import pytest

from contract.champion import Champion, write_champion
from contract.errors import MissingInput
from predict.choice import champion_in_use

REGISTERED = Champion(day="2026-11-16", file="a", sha256="1" * 64, manifest="2" * 64, sklearn="1.9.1", version="7")
POINTED = msgspec.structs.replace(REGISTERED, day="2026-11-09", version="6")


@pytest.fixture
def pointer(tmp_path):
    return tmp_path / "models" / "champion.json"


def test_the_registrys_champion_is_taken_without_a_word_when_the_pointer_agrees(registry, pointer, caplog):
    registry.champions["shop"] = REGISTERED
    write_champion(pointer, REGISTERED)
    assert champion_in_use(registry.uri, "shop", pointer) == REGISTERED
    assert caplog.messages == []


def test_when_both_disagree_the_registrys_is_taken_and_both_are_named(registry, pointer, caplog):
    registry.champions["shop"] = REGISTERED
    write_champion(pointer, POINTED)
    assert champion_in_use(registry.uri, "shop", pointer) == REGISTERED
    (told,) = caplog.messages
    assert (
        "the registry's champion is 2026-11-16 v7, that of champion.json is 2026-11-09 v6: taking the registry's"
        in told
    )


@pytest.mark.parametrize("content", [None, b"{"])
def test_a_pointer_that_is_away_or_damaged_is_told(registry, pointer, caplog, content):
    registry.champions["shop"] = REGISTERED
    if content is not None:
        pointer.parent.mkdir()
        pointer.write_bytes(content)
    assert champion_in_use(registry.uri, "shop", pointer) == REGISTERED
    assert "the pointer is no help should the registry be down" in caplog.text


def test_without_an_answer_the_pointers_champion_is_taken_with_a_warning(registry, pointer, caplog):
    write_champion(pointer, POINTED)
    assert champion_in_use(None, "shop", pointer) == POINTED
    assert champion_in_use(registry.uri, "shop", pointer) == POINTED
    assert ["MLFLOW_TRACKING_URI is not set" in caplog.messages[0], "404" in caplog.messages[1]] == [True, True]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_without_any_champion_the_step_says_what_to_run(pointer):
    with pytest.raises(MissingInput, match=r"champion.json: no champion yet; run train and validate first"):
        champion_in_use(None, "shop", pointer)


def test_a_champion_without_a_version_is_named_by_its_day():
    assert msgspec.structs.replace(REGISTERED, version=None).label == "2026-11-16"
