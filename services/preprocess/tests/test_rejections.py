import json

import pyarrow as pa
import pytest

from contract.datasets import publish
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from preprocess.rejections import show

TEXTS = ["20", "17", "x", "12", "11", "2" + "0" * 15, "c" * 300]


def tree(root):
    return {str(path): (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in root.rglob("*")}


@pytest.fixture
def shown(day, capsys):
    """Shows what of the day would be rejected; gives what was printed."""

    def call(**options):
        before = tree(day.root)
        try:
            show(day.run(), **{"most": 5, "as_json": False, **options})
        finally:
            assert tree(day.root) == before
        return capsys.readouterr().out

    return call


def test_each_rule_is_told_with_its_first_rows_most_first_and_nothing_is_stored(day, shown):
    day.raw_config["table"]["max_rejected_fraction"] = 0.9
    day.bring_data(day.rows(7, age=TEXTS), unread=[(8, "must have 6 fields like the header, got 2", "a;b")])
    text = shown(most=2)
    assert text.splitlines() == [
        "2026-11-22: 8 rows, 1 good, 7 rejected (87.5%, table.max_rejected_fraction allows 90.0%)",
        "",
        "age: below 18: 3 rows",
        "  inbox/2026-11-22/a.csv row 2, key c1: '17'",
        "  inbox/2026-11-22/a.csv row 4, key c3: '12'",
        "  and 1 more",
        "",
        "age: not an integer: 2 rows",
        "  inbox/2026-11-22/a.csv row 3, key c2: 'x'",
        f"  inbox/2026-11-22/a.csv row 7, key c6: '{'c' * 80}…'",
        "",
        "age: above 110: 1 row",
        "  inbox/2026-11-22/a.csv row 6, key c5: '2000000000000000'",
        "",
        "row: must have 6 fields like the header, got 2: 1 row",
        "  inbox/2026-11-22/a.csv row 8: 'a;b'",
    ]


def test_a_day_that_would_be_stopped_is_shown_before_it_is_refused(day, shown, capsys):
    day.raw_config["table"]["max_rejected_fraction"] = 0.01
    day.bring_data(day.rows(3, age=["x", "30", "30"]))
    with pytest.raises(DataError, match=r"max_rejected_fraction allows 1\.0%"):
        shown()
    assert "age: not an integer: 1 row" in capsys.readouterr().out


def test_rows_of_which_none_is_good_are_shown_too(day, shown, capsys):
    day.bring_data(day.rows(2, age=["x", "y"]))
    with pytest.raises(DataError, match="one row must be left"):
        shown(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["rejected"]) == (2, 2)
    assert [row["value"] for row in told["rules"][0]["examples"]] == ["x", "y"]
    assert "one row must be left" in told["stopped"]


def test_rows_that_nobody_has_judged_are_not_counted(day, shown, capsys, monkeypatch):
    data = day.run().layout.raw_data("2026-11-22")
    with DatasetWriter(data) as writer, monkeypatch.context() as small:
        small.setattr(publish, "_PART_ROWS", 1)
        writer.write(day.rows(3).append_column("_file", [["a"] * 3]).append_column("_row", [[1, 2, 3]]))
        for row in (4, 5):
            line = {"_file": "a", "_row": row, "rule": "must have 6 fields like the header, got 2", "value": "a;b"}
            writer.write(pa.Table.from_pylist([line]), role="unread")
        writer.publish(Recipe("generate", "2026-11-22", "c0de", {}), {"rows_in": 5, "rows_out": 3}, {})
    *_, last = Dataset.open(data).manifest.named("unread")
    (data / last.path).write_bytes(b"damaged")
    with pytest.raises(DataError, match=last.path):
        shown()
    assert capsys.readouterr().out == ""


def test_labels_are_judged_as_well(day, shown):
    day.bring_data(day.rows(3))
    day.bring_target({"id": ["c0", "c1"], "bought": ["no", "maybe"]})
    assert "bought: not one of no, yes: 1 row\n  inbox/2026-11-22/labels.csv row 2, key c1: 'maybe'" in shown()


def test_a_day_without_a_fault_says_so(day, shown):
    day.bring_data(day.rows(3))
    assert shown().startswith("2026-11-22: 3 rows, 3 good, 0 rejected")


def test_what_the_step_would_refuse_before_it_reads_is_refused(day, shown):
    with pytest.raises(MissingInput):
        shown()
    day.bring_data(day.rows(3, income=None))
    with pytest.raises(DataError, match="without income"):
        shown()
