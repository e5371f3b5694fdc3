"""Without `table.key` a label is its row's by its number alone: both are read together, or the day is refused."""

import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.datasets.manifest import read_manifest
from generate import ingest as module
from generate.work import work

ROWS = "age,plan,left\n1,p,no\n2,p,no\n8,p,yes\n9,p,yes\n"


@pytest.fixture
def table(table):
    del table["table"]["key"], table["columns"]["id"]
    return table


@pytest.fixture
def labels(root, rows):
    """The label of each age that has one, put together by position as preprocess does; the datasets fit each other."""

    def labels():
        data, target = rows("data"), rows("target")
        note = read_manifest(root / "raw/2026-11-22/target").notes["rows"]
        assert note == read_manifest(root / "raw/2026-11-22/data").identity
        of_row = dict(zip(target["row_key"].to_pylist(), target["left"].to_pylist(), strict=True))
        pairs = zip(data["age"].to_pylist(), data["row_key"].to_pylist(), strict=True)
        return {str(age): of_row[row] for age, row in pairs if row in of_row}

    return labels


def test_rows_that_come_before_others_take_no_label_from_them(call, table, inbox, labels):
    (inbox / "b.csv").write_text(ROWS)
    assert call(table)[0] == 0
    (inbox / "a.csv").write_text("age,plan\n100,p\n101,p\n")
    assert call(table)[0] == 0
    assert labels() == {"1": "no", "2": "no", "8": "yes", "9": "yes"}


def _renamed(inbox):
    (inbox / "b.csv").rename(inbox / "0.csv")


def _removed(inbox):
    (inbox / "a.csv").unlink()


def _inserted(inbox):
    (inbox / "a.csv").write_text("age,plan\n100,p\n101,p\n102,p\n")


def _reordered(inbox):
    header, *lines = ROWS.splitlines()
    (inbox / "b.csv").write_text("\n".join([header, *reversed(lines)]) + "\n")


def _labelled_too(inbox):
    (inbox / "a.csv").write_text("age,plan,left\n100,p,yes\n")


@pytest.mark.parametrize(
    ("change", "more"),
    [(_renamed, {}), (_removed, {}), (_inserted, {}), (_reordered, {}), (_labelled_too, {"100": "yes"})],
)
@pytest.mark.parametrize("options", [(), ("--force",)])
def test_a_label_sits_on_its_row_whatever_comes_or_goes_beside_it(call, table, inbox, labels, change, more, options):
    (inbox / "a.csv").write_text("age,plan\n100,p\n")
    (inbox / "b.csv").write_text(ROWS)
    call(table)
    change(inbox)
    assert call(table, *options)[0] == 0
    assert labels() == {"1": "no", "2": "no", "8": "yes", "9": "yes"} | more


def test_a_corrected_label_comes_with_its_row(call, table, inbox, labels):
    (inbox / "b.csv").write_text(ROWS)
    call(table)
    (inbox / "b.csv").write_text(ROWS.replace("2,p,no", "2,p,yes"))
    assert call(table)[0] == 0
    assert labels() == {"1": "no", "2": "yes", "8": "yes", "9": "yes"}


def test_parquet_in_several_parts_is_numbered_through(call, table, inbox, labels):
    for name, ages, left in (("b", [1, 2], ["no", None]), ("c", [8], ["yes"])):
        pq.write_table(pa.table({"age": ages, "plan": ["p"] * len(ages), "left": left}), inbox / f"{name}.parquet")
    call(table)
    pq.write_table(pa.table({"age": [7], "plan": ["p"]}), inbox / "a.parquet")
    assert call(table)[0] == 0
    assert labels() == {"1": "no", "8": "yes"}


def test_labels_in_a_file_of_their_own_are_refused_and_beside_their_rows_they_are_right(
    call, table, inbox, labels, state
):
    (inbox / "b.csv").write_text("age,plan\n1,p\n8,p\n")
    assert call(table)[0] == 0
    before = state()
    (inbox / "labels.csv").write_text("row_key,left\n2026-11-22-1,no\n2026-11-22-2,yes\n")
    code, error = call(table)
    assert (code, state()) == (65, before)
    assert "inbox/2026-11-22/labels.csv: labels without their rows need table.key, got 'row_key', 'left'" in error
    (inbox / "labels.csv").unlink()
    (inbox / "b.csv").write_text("age,plan,left\n1,p,no\n8,p,yes\n")
    assert call(table)[0] == 0
    assert labels() == {"1": "no", "8": "yes"}


def test_rows_that_come_again_without_their_labels_are_refused_until_these_are_back_or_given_up(
    call, table, inbox, root, labels, state
):
    (inbox / "b.csv").write_text(ROWS)
    call(table)
    before = state()
    (inbox / "b.csv").write_text("age,plan\n8,p\n1,p\n")
    code, error = call(table)
    assert (code, state()) == (65, before)
    assert "raw/2026-11-22/target: has labels of earlier rows" in error
    assert "bring them with their labels (column 'left'), or delete raw/2026-11-22/target to go on without" in error
    (inbox / "b.csv").write_text("age,plan,left\n8,p,yes\n1,p,no\n")
    assert call(table)[0] == 0
    assert labels() == {"8": "yes", "1": "no"}
    (inbox / "b.csv").write_text("age,plan,left\n8,p,\n1,p,\n")
    assert call(table)[0] == 65
    for path in (root / "raw/2026-11-22/target").iterdir():
        path.unlink()
    assert "no labels yet" in call(table)[1]
    assert not (root / "raw/2026-11-22/target/manifest.json").exists()


def test_whoever_is_killed_between_both_comes_again(run, table, inbox, labels, monkeypatch):
    (inbox / "b.csv").write_text(ROWS)
    work(run(table))
    (inbox / "a.csv").write_text("age,plan\n100,p\n")
    commit = module.DatasetWriter.commit

    def killed(writer, sealed, provenance):
        if writer.path.name == "data":
            raise KeyboardInterrupt
        return commit(writer, sealed, provenance)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module.DatasetWriter, "commit", killed)
        work(run(table))
    work(run(table))
    assert labels() == {"1": "no", "2": "no", "8": "yes", "9": "yes"}


def test_a_second_run_changes_no_byte(call, table, inbox, state):
    (inbox / "b.csv").write_text(ROWS)
    call(table)
    before = state()
    code, error = call(table)
    assert (code, error.count("up to date"), state()) == (0, 2, before)


def test_a_row_that_is_inserted_in_a_database_takes_no_label(call, table, url, tmp_path, labels):
    table["source"] = {
        "kind": "sql",
        "query": "select age, plan, [left] from people where :day is not null order by age",
    }
    with sqlite3.connect(tmp_path / "people.db") as database:
        database.execute("create table people (age integer, plan text, [left] text)")
        database.executemany("insert into people values (?, 'p', ?)", [(1, None), (8, None)])
        database.commit()
        assert "no labels yet" in call(table)[1]
        database.execute("insert into people values (0, 'p', null)")
        database.execute("update people set [left] = case when age > 5 then 'yes' else 'no' end where age > 0")
        database.commit()
        assert call(table)[0] == 0
        assert labels() == {"1": "no", "8": "yes"}
        database.execute("insert into people values (-1, 'p', null)")
        database.commit()
        assert call(table, "--force")[0] == 0
        assert labels() == {"1": "no", "8": "yes"}
    database.close()


def test_labels_of_an_earlier_version_are_read_again_where_they_may_be_of_other_rows(run, table, inbox, root, labels):
    (inbox / "b.csv").write_text(ROWS)
    work(run(table))
    for path in (root / "raw/2026-11-22/target").iterdir():
        text = path.read_bytes()
        if path.name == "manifest.json":
            path.write_bytes(text.replace(read_manifest(root / "raw/2026-11-22/data").identity.encode(), b"another"))
    work(run(table))
    assert labels() == {"1": "no", "2": "no", "8": "yes", "9": "yes"}


def test_rows_that_are_read_again_for_another_target_need_no_labels_of_the_one_before(call, table, inbox, rows):
    (inbox / "b.csv").write_text(ROWS)
    assert call(table)[0] == 0
    table["columns"]["cancelled"] = table["columns"].pop("left")
    table["table"] |= {"target": "cancelled", "extra_columns": "drop"}
    assert call(table)[0] == 0
    assert rows("data")["age"].to_pylist() == ["1", "2", "8", "9"]
    (inbox / "b.csv").write_text("age,plan,left,cancelled\n1,p,no,yes\n2,p,no,no\n")
    assert call(table)[0] == 0
    assert rows("target")["cancelled"].to_pylist() == ["yes", "no"]
