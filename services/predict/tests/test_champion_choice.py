import msgspec
import pytest
from conftest import put_in_use

from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion, Pointer, read_pointer, write_champion
from contract.models.ledger import Line
from predict.champion_choice import champion_in_use

CHAMPION = Champion(day="2026-11-16", file="a", sha256="1" * 64, manifest="2" * 64, sklearn="1.9.1", version="7")
OTHER = msgspec.structs.replace(CHAMPION, day="2026-11-09", sha256="3" * 64, version="6")


@pytest.fixture
def layout(tmp_path):
    """A data root whose ledger put a model in use."""
    layout = Layout(tmp_path)
    put_in_use(layout, CHAMPION)
    return layout


def test_it_is_the_ledgers_without_a_word_when_registry_and_pointer_agree(registry, layout, caplog):
    registry.champions["shop"] = CHAMPION
    assert champion_in_use(registry.uri, "shop", layout) == CHAMPION
    assert caplog.messages == []


def test_the_number_that_a_registry_gives_the_same_model_is_of_no_account(registry, layout, caplog):
    registry.champions["shop"] = msgspec.structs.replace(CHAMPION, version="1")
    assert champion_in_use(registry.uri, "shop", layout) == CHAMPION
    assert caplog.messages == []


@pytest.mark.parametrize("version", ["6", "7"])
def test_a_model_that_the_ledger_did_not_put_in_use_is_not_served_whatever_its_number(
    registry, layout, caplog, version
):
    registry.champions["shop"] = msgspec.structs.replace(OTHER, version=version)
    assert champion_in_use(registry.uri, "shop", layout) == CHAMPION
    (warning,) = caplog.messages
    assert f"the registry names 2026-11-09 v{version} as champion, the ledger 2026-11-16 v7" in warning
    assert warning.endswith("validate adopt --to 333333333333")


def test_an_earlier_champion_is_not_served_either(registry, layout, caplog):
    put_in_use(layout, OTHER)
    registry.champions["shop"] = CHAMPION
    assert champion_in_use(registry.uri, "shop", layout) == OTHER
    assert "the registry names 2026-11-16 v7 as champion, the ledger 2026-11-09 v6" in caplog.text


def test_a_version_that_train_did_not_make_is_logged_and_passed_over(registry, layout, caplog):
    registry.raw = b'{"model_version": {"version": "4", "tags": []}}'
    assert champion_in_use(registry.uri, "shop", layout) == CHAMPION
    assert "registry: version 4 must carry the tags" in caplog.text


def test_without_an_answer_of_the_registry_it_is_the_ledgers_with_a_warning(registry, layout, caplog):
    assert champion_in_use(None, "shop", layout) == CHAMPION
    assert champion_in_use(registry.uri, "shop", layout) == CHAMPION
    assert ["MLFLOW_TRACKING_URI is not set" in caplog.messages[0], "404" in caplog.messages[1]] == [True, True]
    assert {record.levelname for record in caplog.records} == {"WARNING"}


@pytest.mark.parametrize("content", [None, b"{"])
def test_a_pointer_that_is_away_or_damaged_is_logged(registry, layout, caplog, content):
    registry.champions["shop"] = CHAMPION
    layout.champion.unlink()
    if content is not None:
        layout.champion.write_bytes(content)
    assert champion_in_use(registry.uri, "shop", layout) == CHAMPION
    assert "pointer: " in caplog.text
    assert "taking the ledger's champion 2026-11-16 v7" in caplog.text


def test_a_pointer_that_was_edited_changes_nothing(registry, layout, caplog):
    registry.champions["shop"] = CHAMPION
    pointer = read_pointer(layout.champion)
    write_champion(layout.champion, msgspec.structs.replace(pointer, sha256=OTHER.sha256, file="b"))
    assert champion_in_use(registry.uri, "shop", layout) == CHAMPION
    assert "champion.json names" in caplog.text


def test_a_pointer_from_before_the_last_line_is_a_change_that_was_cut_short(registry, layout, caplog):
    before = layout.champion.read_bytes()
    put_in_use(layout, OTHER)
    layout.champion.write_bytes(before)
    assert champion_in_use(None, "shop", layout) == OTHER
    assert "champion.json names 2026-11-16 v7 as champion, the ledger 2026-11-09 v6" in caplog.text


@pytest.mark.parametrize("lines", [0, 1])
def test_a_pointer_whose_line_the_ledger_has_lost_is_refused_with_a_way_out(layout, lines):
    put_in_use(layout, OTHER)
    layout.ledger.write_bytes(b"".join(layout.ledger.read_bytes().splitlines(keepends=True)[:lines]))
    with pytest.raises(DataError, match=r"or say which model is in use: validate adopt --to 333333333333"):
        champion_in_use(None, "shop", layout)


def test_a_pointer_of_another_data_root_is_refused(layout):
    write_champion(layout.champion, Pointer(**msgspec.structs.asdict(OTHER), line="9" * 64))
    with pytest.raises(DataError, match=r"models/champion.json: 2026-11-09 v6 must have been put in use by a line"):
        champion_in_use(None, "shop", layout)


def test_a_ledger_that_was_touched_is_refused(layout):
    layout.ledger.write_bytes(layout.ledger.read_bytes().replace(b"1.9.1", b"1.9.2"))
    with pytest.raises(DataError, match="line 1 was changed after it was written"):
        champion_in_use(None, "shop", layout)


def test_without_any_champion_the_step_says_what_to_run(tmp_path):
    with pytest.raises(MissingInput, match=r"champion.json: no champion yet; run train and validate first"):
        champion_in_use(None, "shop", Layout(tmp_path))


def test_a_registry_alone_makes_no_champion(registry, tmp_path, caplog):
    registry.champions["shop"] = CHAMPION
    with pytest.raises(MissingInput, match="no champion yet"):
        champion_in_use(registry.uri, "shop", Layout(tmp_path))
    assert "the registry names 2026-11-16 v7 as champion, the ledger none" in caplog.text


def test_a_champion_without_a_version_is_named_by_its_day():
    assert msgspec.structs.replace(CHAMPION, version=None).label == "2026-11-16"


def said(layout, decision, **more):
    """A word of the gate on a model that was never in use."""
    why = "r2 0.1040 is hardly better than the baseline"
    line = Line(decision=decision, why=why, day=CHAMPION.day, before=None, model=CHAMPION, metrics={}, **more).after("")
    layout.ledger.write_bytes(msgspec.json.encode(line) + b"\n")


@pytest.mark.parametrize(
    ("decision", "more", "words"),
    [
        (
            "refused",
            {},
            (
                "the gate refused the model of 2026-11-16: r2 0.1040 is hardly better than the baseline "
                "(see reports/train/2026-11-16); bring what is missing there, or change [gate] in pipeline.toml, and run "
                "train and validate again; to put this model in use without the gate: validate adopt --to "
                "2026-11-16 --by NAME --why REASON"
            ),
        ),
        ("undecided", {}, "the gate could not decide about the model of 2026-11-16: r2 0.1040"),
        (
            "proposed",
            {},
            "waits for a person's decision (see reports/train/2026-11-16): validate approve --day 2026-11-16 --by NAME",
        ),
        ("refused", {"by": "ada"}, "the model of 2026-11-16 was refused by ada: r2 0.1040"),
    ],
)
def test_after_a_first_model_that_did_not_pass_the_gates_words_and_the_way_out_are_told(
    tmp_path, decision, more, words
):
    layout = Layout(tmp_path)
    said(layout, decision, **more)
    with pytest.raises(MissingInput) as raised:
        champion_in_use(None, "shop", layout)
    assert str(raised.value).startswith("models/champion.json: no champion yet; ")
    assert words in str(raised.value)
