import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from generate.split import spool
from generate.split.calendar import NO_DAY
from generate.split.spool import Spool

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])


def filled(folder, monkeypatch, held):
    monkeypatch.setattr(spool, "HELD_BYTES", held)
    (folder / "spool").mkdir(parents=True)
    made = Spool(folder / "spool", SCHEMA)
    for start in range(0, 1000, 100):
        numbers = np.arange(start, start + 100)
        rows = pa.RecordBatch.from_arrays([pa.array(numbers), pa.array(numbers).cast(pa.string())], schema=SCHEMA)
        made.add(rows, np.where(numbers % 10 == 0, NO_DAY, 739_000 + numbers % 3))
    return made


def written(folder, monkeypatch, held):
    made = filled(folder, monkeypatch, held)
    return {day: pq.read_table(path) for day, path in made.write(folder, "a.parquet")}, made.rows


def test_rows_come_in_their_order_and_those_without_a_day_are_left_out(tmp_path, monkeypatch):
    tables, rows = written(tmp_path, monkeypatch, 1 << 20)
    assert sum(rows.values()) == sum(map(len, tables.values())) == 900
    for number, (day, table) in enumerate(sorted(tables.items())):
        expected = [n for n in range(1000) if n % 10 and (n % 3, day) == ((number + 0) % 3, day)]
        assert (table["n"].to_pylist(), table["text"].to_pylist()) == (expected, list(map(str, expected)))


def test_what_does_not_fit_into_memory_waits_on_disk_and_nothing_of_it_stays(tmp_path, monkeypatch):
    small, _ = written(tmp_path / "small", monkeypatch, 1)
    large, _ = written(tmp_path / "large", monkeypatch, 1 << 20)
    assert small == large
    assert list((tmp_path / "small" / "spool").iterdir()) == []
