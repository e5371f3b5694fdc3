import pytest

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
