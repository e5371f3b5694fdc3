import pyarrow as pa
import pytest

from contract.toml import parse
from generate.ingest import Part, part_of, write


def parts(config, rows, **options):
    return part_of(
        pa.RecordBatch.from_pydict(rows), parse(config), **{"day": "d", "file": "f", "row": 7, "number": 9} | options
    )


def test_rows_are_taken_apart_into_data_and_labels_with_where_they_came_from(table):
    part = parts(table, {"id": ["A", "B"], "age": [1, 2], "left": ["no", "yes"]})
    assert part.data.to_pylist() == [
        {"id": "A", "age": 1, "_file": "f", "_row": 7},
        {"id": "B", "age": 2, "_file": "f", "_row": 8},
    ]
    assert part.target.to_pylist() == [
        {"id": "A", "left": "no", "_file": "f", "_row": 7},
        {"id": "B", "left": "yes", "_file": "f", "_row": 8},
    ]


@pytest.mark.parametrize("missing", [None, "", "  ", "NA", " nan "])
def test_a_label_that_is_missing_is_none(table, missing):
    part = parts(table, {"id": ["A", "B"], "left": [missing, "yes"]})
    assert part.target["id"].to_pylist() == ["B"]
    assert part.data.num_rows == 2


def test_a_number_that_is_none_is_no_label(table):
    part = parts(table, {"id": ["A", "B", "C"], "left": [1.5, float("nan"), None]})
    assert part.target["id"].to_pylist() == ["A"]


def test_rows_of_labels_alone_have_no_data(table):
    assert parts(table, {"id": ["A"], "left": ["no"]}, number=None).data is None


def test_rows_without_a_key_get_one_from_their_number(table):
    del table["table"]["key"], table["columns"]["id"]
    part = parts(table, {"age": [1, 2], "left": ["no", ""]})
    assert part.data["row_key"].to_pylist() == ["d-9", "d-10"]
    assert part.target["row_key"].to_pylist() == ["d-9"]


class Source:
    """Gives one labelled row, and remembers what it was asked for."""

    rows = 1

    def __init__(self, run, labels=("no",)):
        self.run, self.labels, self.asked = run, labels, []
        self.data = run.recipe({"of": "data"})
        self.target = run.recipe({"of": "target", "labels": list(labels)}) if labels is not None else None

    def parts(self, *, data, target):
        self.asked.append((data, target))
        rows = pa.RecordBatch.from_pydict({"id": ["A"], "left": [self.labels[0] if self.labels else None]})
        yield part_of(rows, self.run.config, day="d", file="f", row=1, number=1)


def test_only_what_is_not_up_to_date_is_asked_for(run, table):
    first, again = Source(run(table)), Source(run(table))
    late = Source(run(table), labels=["yes"])
    for source in (first, again, late):
        write(source.run, source)
    assert (first.asked, again.asked, late.asked) == ([(True, True)], [], [(False, True)])


def test_a_source_without_labels_writes_no_target(run, table, root, caplog):
    source = Source(run(table), labels=None)
    write(source.run, source)
    assert source.asked == [(True, False)]
    assert not (root / "raw/2026-11-22/target").exists()
    assert "raw/2026-11-22: no labels yet" in caplog.text


def test_labels_that_are_gone_stay_as_they_were_and_it_is_told(run, table, rows, caplog):
    for labels in (["yes"], []):
        source = Source(run(table), labels)
        write(source.run, source)
    assert rows("target")["left"].to_pylist() == ["yes"]
    assert "no labels yet; the earlier ones stay" in caplog.text


def test_nothing_is_left_of_a_source_that_breaks(run, table, root):
    class Broken(Source):
        def parts(self, *, data, target):
            yield from super().parts(data=data, target=target)
            raise ZeroDivisionError

    source = Broken(run(table))
    with pytest.raises(ZeroDivisionError):
        write(source.run, source)
    assert [path for path in (root / "raw").rglob("*") if path.is_file() or path.name in ("data", "target")] == []


def test_a_part_may_lack_either_table(run, table, rows):
    class Halves(Source):
        def parts(self, *, data, target):
            for part in super().parts(data=data, target=target):
                yield Part(part.data, None)
                yield Part(None, part.target)

    source = Halves(run(table))
    write(source.run, source)
    assert (rows("data").num_rows, rows("target").num_rows) == (1, 1)
