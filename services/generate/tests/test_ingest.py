import pytest

from contract.datasets.dataset import Dataset
from generate.ingest import ingest
from generate.part import Part


def write(source):
    return ingest(source.run, source, {"data": source.data, "target": source.target})


def test_rows_are_counted_by_dataset(run, table, source_class, rows):
    assert write(source_class(run(table))) == {"data": 1, "target": 1}
    assert (rows("data").num_rows, rows("target").num_rows) == (1, 1)


def test_nothing_is_left_of_a_source_that_breaks(run, table, root, source_class):
    class Broken(source_class):
        def parts(self, *, data, target):
            yield from super().parts(data=data, target=target)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(Broken(run(table)))
    assert [path for path in (root / "raw").rglob("*") if path.is_file() or path.name in ("data", "target")] == []


def test_a_part_may_lack_either_table(run, table, rows, source_class):
    class Halves(source_class):
        def parts(self, *, data, target):
            for part in super().parts(data=data, target=target):
                yield Part(part.data, None)
                yield Part(None, part.target)

    write(Halves(run(table)))
    assert (rows("data").num_rows, rows("target").num_rows) == (1, 1)


def test_rows_that_cannot_be_read_are_kept_counted_and_told_and_the_others_keep_place_and_label(
    call, table, inbox, rows, root
):
    (inbox / "a.csv").write_text('id,age,plan,left\nA,1,"abc,no\nB,2,"def,yes\nC,3,x,yes\nD,4\nE,5,y,no\n')
    code, error = call(table)
    assert code == 0, error
    assert "inbox/2026-11-22/a.csv: row 1: a quote inside a field must be doubled" in error
    assert "raw/2026-11-22/data: 3 rows cannot be read, they will be among the rejected rows" in error
    assert rows("data").select(["id", "_row"]).to_pylist() == [{"id": "C", "_row": 3}, {"id": "E", "_row": 5}]
    assert rows("target").select(["id", "left", "_row"]).to_pylist() == [
        {"id": "C", "left": "yes", "_row": 3},
        {"id": "E", "left": "no", "_row": 5},
    ]
    dataset = Dataset.open(root / "raw" / "2026-11-22" / "data")
    assert dataset.manifest.counts == {"rows_in": 5, "rows_out": 2, "rejected": 3}
    (unread,) = dataset.batches(role="unread")
    assert [(row["_file"], row["_row"], row["value"]) for row in unread.to_pylist()] == [
        ("inbox/2026-11-22/a.csv", 1, 'A,1,"abc,no'),
        ("inbox/2026-11-22/a.csv", 2, 'B,2,"def,yes'),
        ("inbox/2026-11-22/a.csv", 4, "D,4"),
    ]


def test_a_row_without_a_key_keeps_its_number_beside_rows_that_cannot_be_read(call, table, inbox, rows):
    del table["table"]["key"], table["columns"]["id"]
    (inbox / "a.csv").write_text("age,plan,left\n1,x,no\n2\n3,y,yes\n4\n")
    (inbox / "b.csv").write_text("age,plan,left\n5,x,no\n")
    assert call(table)[0] == 0
    assert rows("data")["row_key"].to_pylist() == ["2026-11-22-1", "2026-11-22-3", "2026-11-22-5"]
    assert rows("target")["left"].to_pylist() == ["no", "yes", "no"]


def test_labels_that_cannot_be_read_are_kept_with_the_labels(call, table, inbox, root):
    (inbox / "a.csv").write_text("id,age,plan\nA,1,x\nB,2,y\n")
    (inbox / "b.csv").write_text("id,left\nA,no\nB\n")
    code, error = call(table)
    assert (code, "raw/2026-11-22/target: 1 rows cannot be read" in error) == (0, True)
    target, data = (Dataset.open(root / "raw" / "2026-11-22" / name) for name in ("target", "data"))
    assert (target.rows("unread"), data.rows("unread")) == (1, 0)
