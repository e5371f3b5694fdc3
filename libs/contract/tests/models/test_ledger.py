"""Which model may be served, by the ledger and what speaks against it."""

import msgspec
import pytest

from contract.errors import DataError
from contract.layout import Layout
from contract.models.champion import Champion, Pointer, write_champion
from contract.models.ledger import Line, champion_line, last_in_use, read
from contract.models.trained_for import Split, TrainedFor

A, B = (
    Champion(day=f"2026-01-0{n}", file=f"m{n}", sha256=str(n) * 64, manifest="f", sklearn="1", version=str(n))
    for n in (1, 2)
)

ABOUT = msgspec.structs.replace(
    B,
    trained_for=TrainedFor(
        target="y",
        task="binary",
        positive="yes",
        classes=("no", "yes"),
        features={"x": "number"},
        split=Split(key="id", group="id", columns={"id": "text"}, test_fraction=0.2),
        first="2026-01-01",
        last="2026-01-05",
        held_out=("2026-01-06", "2026-01-07"),
    ),
)


@pytest.fixture
def layout(tmp_path):
    """A data root whose ledger put A in use, then B."""
    layout = Layout(tmp_path)
    first = line(A).after("")
    write(layout, [first, line(B, before=A).after(first.hash)])
    point(layout, B, read(layout.ledger)[-1].hash)
    return layout


def line(model, decision="promoted", before=None):
    return Line(decision=decision, why="better", day=model.day, before=before, model=model, metrics={})


def write(layout, lines):
    layout.ledger.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def write_after(layout, line):
    layout.ledger.write_bytes(layout.ledger.read_bytes() + msgspec.json.encode(line) + b"\n")


def point(layout, model, hash_of_line):
    write_champion(layout.champion, Pointer(**msgspec.structs.asdict(model), line=hash_of_line))


def test_the_last_line_that_put_a_model_in_use_says_who_is_champion(layout):
    lines = read(layout.ledger)
    refused = line(A, "refused", before=B).after(lines[-1].hash)
    write(layout, [*lines, refused])
    assert champion_line(layout) == lines[-1] == last_in_use(read(layout.ledger))


def test_without_a_ledger_and_a_pointer_there_is_none(tmp_path):
    assert read(tmp_path / "ledger.jsonl") == []
    assert champion_line(Layout(tmp_path)) is None


@pytest.mark.parametrize("word", ["promoted", "rolled_back", "adopted", "moved"])
def test_each_word_that_puts_a_model_in_use(layout, word):
    lines = read(layout.ledger)
    write(layout, [*lines, line(A, word, before=B).after(lines[-1].hash)])
    assert champion_line(layout).model == A


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"{")])
def test_a_pointer_that_is_gone_or_damaged_changes_nothing(layout, spoil):
    spoil(layout.champion)
    assert champion_line(layout).model == B


def test_a_damaged_pointer_without_a_ledger_is_told(layout):
    layout.ledger.unlink()
    layout.champion.write_bytes(b"{")
    with pytest.raises(DataError, match="not a champion pointer"):
        champion_line(layout)


def test_a_pointer_to_an_earlier_line_is_a_change_that_was_cut_short(layout):
    point(layout, A, read(layout.ledger)[0].hash)
    assert champion_line(layout).model == B


def test_a_pointer_whose_line_is_lost_is_refused_although_the_champion_is_the_same(layout):
    write(layout, [line(B, "adopted").after("")])
    with pytest.raises(DataError, match="the ledger was lost, cut or is an older one"):
        champion_line(layout)


def test_a_pointer_from_before_it_named_its_line_is_held_against_the_champion(layout):
    point(layout, B, None)
    assert champion_line(layout).model == B
    point(layout, A, None)
    with pytest.raises(DataError, match="2026-01-01 v1 must have been put in use by a line"):
        champion_line(layout)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes().splitlines(keepends=True)[0]),
        lambda path: path.write_bytes(path.read_bytes()[:-2]),
    ],
    ids=["lost", "empty", "older", "torn"],
)
def test_a_ledger_that_lost_the_pointers_line_is_refused_with_the_way_out(layout, spoil):
    spoil(layout.ledger)
    with pytest.raises(
        DataError,
        match=r"models/champion.json: 2026-01-02 v2 must have been put in use by a line of ledger.jsonl, none did: "
        r".* bring ledger.jsonl back from a backup, or say which model is in use: validate adopt --to 222222222222",
    ):
        champion_line(layout)


def test_a_line_that_was_changed_is_named_with_the_way_out(layout):
    layout.ledger.write_bytes(layout.ledger.read_bytes().replace(b"better", b"worse!", 1))
    with pytest.raises(DataError, match=r"line 1 was changed after it was written; .* validate adopt --to"):
        champion_line(layout)


def test_a_file_of_before_lines_had_hashes_is_refused_with_the_champion_for_a_person_to_confirm(layout):
    refused = line(A, decision="refused", before=B)
    write(layout, [line(A), line(B, before=A), refused])
    with pytest.raises(DataError, match=f"line 1 has no hash.*rename the file.*validate adopt --to {B.day}$"):
        read(layout.ledger)
    write(layout, [refused])
    with pytest.raises(DataError, match="validate adopt --to <training day>$"):
        read(layout.ledger)


def test_a_line_that_lost_its_hash_is_refused_too(layout):
    first, second = read(layout.ledger)
    write(layout, [first, msgspec.structs.replace(second, hash="")])
    with pytest.raises(DataError, match="line 2 has no hash"):
        read(layout.ledger)


@pytest.mark.parametrize("torn", [b"{", b'{"when":"2026-01-02', b"\xe2\x80", b"0" * 5000], ids=["1", "2", "3", "4"])
def test_a_last_line_that_a_crash_has_torn_is_passed_over_and_said(layout, caplog, torn):
    lines = read(layout.ledger)
    with layout.ledger.open("ab") as file:
        file.write(torn)
    assert read(layout.ledger) == lines
    assert champion_line(layout) == lines[-1]
    assert "ledger.jsonl: its last line is incomplete" in caplog.text


def test_a_line_that_lacks_no_more_than_its_end_is_a_line(layout, caplog):
    lines = read(layout.ledger)
    more = line(A, "rolled_back", before=B).after(lines[-1].hash)
    layout.ledger.write_bytes(layout.ledger.read_bytes() + msgspec.json.encode(more))
    assert read(layout.ledger) == [*lines, more]
    assert caplog.text == ""


def test_a_last_line_without_its_end_that_was_changed_is_named(layout):
    layout.ledger.write_bytes(layout.ledger.read_bytes()[:-1].replace(b"2026-01-02", b"2026-01-03"))
    with pytest.raises(DataError, match="line 2 was changed"):
        read(layout.ledger)


def test_an_end_of_line_within_a_reason_ends_no_line(layout):
    lines = read(layout.ledger)
    odd = Line(decision="refused", why="a\nb\r\x85c\u2028d", day=A.day, before=B, model=A, metrics={}).after(
        lines[-1].hash
    )
    write(layout, [*lines, odd])
    assert read(layout.ledger)[-1].why == "a\nb\r\x85c\u2028d"


EARLIER = (
    b'{"when":"2026-01-02T03:04:05+00:00","by":"validate","decision":"promoted","why":"better","day":"2026-01-01",'
    b'"from":null,"to":{"day":"2026-01-01","file":"m1","sha256":"'
    + b"1"
    * 64
    + b'","manifest":"f","sklearn":"1","signature":null,"version":"1"},"metrics":{"metric":"r2","challenger":{"r2":0.5}},'
    b'"golden":null,"previous":"","hash":"8713a5433837b4ed0209f5a629258591f20463e72cb6035fe1faf20eac3849d6"}\n'
)


def test_a_line_of_before_models_said_what_they_are_about_keeps_its_hash(layout):
    """As an earlier version wrote it: its object lacks a field that today's has."""
    layout.ledger.write_bytes(EARLIER)
    (old,) = read(layout.ledger)
    assert (old.model, old.model.trained_for) == (A, None)
    write_after(layout, line(ABOUT, before=old.model).after(old.hash))
    assert [entry.model for entry in read(layout.ledger)] == [A, ABOUT]
    assert layout.ledger.read_bytes().startswith(EARLIER)


def test_what_a_line_says_a_model_is_about_is_under_its_hash(layout):
    write(layout, [line(ABOUT).after("")])
    assert read(layout.ledger)[0].model.trained_for == ABOUT.trained_for
    layout.ledger.write_bytes(layout.ledger.read_bytes().replace(b'"last":"2026-01-05"', b'"last":"2026-01-04"'))
    with pytest.raises(DataError, match="line 1 was changed"):
        read(layout.ledger)


def test_a_field_that_a_later_version_adds_is_under_the_hash_too(layout):
    content = msgspec.json.decode(msgspec.json.encode(line(A).after("")))
    layout.ledger.write_bytes(msgspec.json.encode(content | {"later": 1}) + b"\n")
    with pytest.raises(DataError, match="line 1 was changed"):
        read(layout.ledger)
