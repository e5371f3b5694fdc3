import json
import resource
from contextlib import contextmanager

import msgspec
import pytest

from contract.datasets.manifest import Input
from contract.errors import DataError
from contract.models.champion import Champion
from contract.models.ledger import Line, read
from validate.champion.history import as_json, table
from validate.champion.ledger import append, golden_of, in_use, open_proposals, predecessor

A, B, C = (
    Champion(day=f"2026-01-0{n}", file=f"m{n}", sha256=str(n) * 64, manifest="f", sklearn="1") for n in (1, 2, 3)
)


def line(decision="promoted", before=None, model=A, **more):
    return Line(
        decision=decision,
        why="it is better",
        day=model.day,
        before=before,
        model=model,
        metrics={"challenger": {}},
        **more,
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.jsonl"


def written(path, *lines):
    for new in lines:
        append(path, new)
    return read(path)


def test_each_line_names_the_hash_of_the_one_before(path):
    first, second = written(path, line(), line(before=A, model=B))
    assert (first.previous, second.previous) == ("", first.hash)
    assert len({first.hash, second.hash, ""}) == 3
    assert [json.loads(text)["to"]["day"] for text in path.read_text().splitlines()] == ["2026-01-01", "2026-01-02"]


@contextmanager
def a_file_that_grows_to(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_of_which_the_disk_takes_a_part_is_an_error_that_names_the_file(path):
    before = written(path, line())
    with a_file_that_grows_to(path.stat().st_size + 40), pytest.raises(OSError, match="File too large") as raised:
        append(path, line("refused"))
    assert raised.value.filename == str(path)
    assert read(path) == before
    assert len(written(path, line("refused"))) == 2


def test_history_shows_what_commands_a_terminal_and_obeys_nothing():
    bad = line(by="me\x1b[2J\x9b")
    raw = [msgspec.json.encode(bad)]
    for text in (table([bad]), *as_json(raw)):
        assert not any(control in text for control in "\x1b\x9b")
        assert "me\\u001b[2J\\u009b" in text
    assert msgspec.json.decode(next(as_json(raw)), type=Line) == bad


def test_a_run_that_comes_again_does_not_write_its_line_twice(path):
    written(path, line(when="2026-01-02T03:04:05+00:00"))
    before = path.read_bytes()
    written(path, line(when="2026-01-02T09:09:09+00:00"))
    assert path.read_bytes() == before
    assert len(written(path, line("refused"))) == 2


def test_a_second_verdict_for_other_reasons_or_by_other_scores_is_a_line_of_its_own(path):
    first = line("refused")
    other = [
        msgspec.structs.replace(first, why="too few rows"),
        msgspec.structs.replace(first, metrics={"metric": "r2"}),
    ]
    assert [(entry.why, entry.metrics) for entry in written(path, first, *other)] == [
        (entry.why, entry.metrics) for entry in (first, *other)
    ]


def test_behind_a_line_that_lacks_its_end_the_end_is_written_first(path):
    written(path, line())
    path.write_bytes(path.read_bytes()[:-1])
    assert [entry.model for entry in written(path, line(before=A, model=B))] == [A, B]
    assert path.read_bytes().count(b"\n") == 2


def test_what_waits_for_a_word_is_a_proposal_that_is_the_last_judgement_of_its_day(path):
    lines = written(
        path, line("proposed"), line("proposed", model=B), line("refused", model=A), line("adopted", model=C)
    )
    assert [entry.model for entry in open_proposals(lines)] == [B]


def test_half_a_line_that_a_power_cut_left_is_passed_over_and_then_cut_off(path):
    written(path, line())
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"when":"2026-01-0')
    assert [entry.model for entry in read(path)] == [A]
    assert [entry.model for entry in written(path, line(before=A, model=B))] == [A, B]
    assert path.read_bytes().startswith(whole)
    assert path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda texts: [texts[0].replace("better", "worse "), *texts[1:]], "line 1 was changed after it was written"),
        (lambda texts: [texts[0], texts[2]], "line 2 must follow the line with hash"),
        (lambda texts: [texts[1], texts[0], texts[2]], "line 1 must follow the line with hash \\(none\\)"),
        (lambda texts: ["{}", *texts], "line 1 is damaged"),
        (
            lambda texts: [texts[0], texts[1].replace('"by":"validate"', '"by":"mallory"'), texts[2]],
            "line 2 was changed",
        ),
    ],
)
def test_a_line_that_was_changed_removed_moved_or_added_is_named(path, spoil, message):
    written(path, line(), line(before=A, model=B), line(before=B, model=C))
    path.write_text("\n".join(spoil(path.read_text().splitlines())) + "\n")
    with pytest.raises(DataError, match=message):
        read(path)
    before = path.read_bytes()
    with pytest.raises(DataError):
        append(path, line(model=C))
    assert path.read_bytes() == before


def test_the_predecessor_is_who_the_last_promotion_replaced(path):
    assert predecessor([], A) is None
    lines = written(
        path,
        line(model=B),
        line("refused", before=B, model=A),
        line(before=B, model=A),
        line("refused", before=A, model=B),
    )
    assert predecessor(lines, A) == B
    assert predecessor(lines, msgspec.structs.replace(A, version="7", manifest="e")) == B


def test_the_predecessor_after_a_rollback_is_not_who_was_gone_back_over(path):
    lines = written(
        path, line(), line(before=A, model=B), line(before=B, model=C), line("rolled_back", before=C, model=B)
    )
    assert predecessor(lines, B) == A
    lines = written(path, line("rolled_back", before=B, model=A))
    assert predecessor(lines, A) is None


def test_no_model_is_its_own_predecessor(path):
    again = msgspec.structs.replace(B, manifest="trained again")
    lines = written(path, line(), line(before=A, model=B), line(before=B, model=again))
    assert predecessor(lines, again) == A


def test_going_back_twice_goes_further_back_not_forth(path):
    lines = written(path, line(), line(before=A, model=B), line(before=B, model=C))
    assert [entry.model for entry in in_use(lines)] == [A, B, C]
    lines = written(path, line("rolled_back", before=C, model=B))
    assert [entry.model for entry in in_use(lines)] == [A, B]
    lines = written(path, line("rolled_back", before=B, model=A))
    assert [entry.model for entry in in_use(lines)] == [A]
    lines = written(path, line("refused", before=A, model=C), line("moved", before=A, model=C))
    assert [entry.model for entry in in_use(lines)] == [A, C]


def test_a_model_that_was_put_in_use_again_while_it_was_stands_once_in_what_one_goes_back_over(path):
    lines = written(
        path, line(), line(before=A, model=B), line("refused", before=B, model=C), line("promoted", before=A, model=B)
    )
    assert [entry.model for entry in in_use(lines)] == [A, B]


def test_the_golden_rows_of_a_model_are_those_that_it_was_last_tried_on(path):
    rows = [Input(f"golden-{n}", str(n) * 64) for n in (1, 2)]
    lines = written(
        path,
        line(golden=rows[0]),
        line(before=A, model=B),
        line("rolled_back", before=B, golden=rows[1]),
        line("moved", before=A, model=A),
    )
    assert golden_of(lines, A) == rows[1]
    assert golden_of(lines, B) is None
