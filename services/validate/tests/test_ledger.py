import json

import msgspec

from contract.champion import Champion
from validate.ledger import Line, predecessor, read, record

A, B = (Champion(day=f"2026-01-0{n}", file=f"m{n}", sha256=str(n) * 64, manifest="f", sklearn="1") for n in (1, 2))


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


def test_lines_are_appended_one_json_object_each(tmp_path):
    record(tmp_path / "l", line())
    record(tmp_path / "l", line(before=A, model=B))
    texts = (tmp_path / "l").read_text().splitlines()
    first = json.loads(texts[0])
    assert list(first) == ["when", "by", "decision", "why", "day", "from", "to", "metrics"]
    assert (first["from"], first["to"]["day"], first["by"]) == (None, "2026-01-01", "validate")
    assert [each.model for each in read(tmp_path / "l")] == [A, B]


def test_a_run_that_comes_again_does_not_write_its_line_twice(tmp_path):
    record(tmp_path / "l", line(when="2026-01-02T03:04:05+00:00"))
    before = (tmp_path / "l").read_bytes()
    record(tmp_path / "l", line(when="2026-01-02T09:09:09+00:00"))
    assert (tmp_path / "l").read_bytes() == before
    record(tmp_path / "l", line("refused"))
    assert len(read(tmp_path / "l")) == 2


def test_half_a_line_that_a_power_cut_left_spoils_no_other(tmp_path):
    record(tmp_path / "l", line())
    with (tmp_path / "l").open("ab") as file:
        file.write(b'{"when":"2026-01-0')
    record(tmp_path / "l", line(before=A, model=B))
    assert [each.model for each in read(tmp_path / "l")] == [A, B]


def test_the_predecessor_is_who_the_last_promotion_replaced(tmp_path):
    assert predecessor(tmp_path / "l", A) is None
    for each in (
        line(model=B),
        line("refused", before=B, model=A),
        line(before=B, model=A),
        line("refused", before=A, model=B),
    ):
        record(tmp_path / "l", each)
    assert predecessor(tmp_path / "l", A) == B
    assert predecessor(tmp_path / "l", msgspec.structs.replace(A, version="7", manifest="e")) == B
    assert predecessor(tmp_path / "l", B) is None
