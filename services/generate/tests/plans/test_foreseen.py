"""A dry run of generate, by each kind of source: it tells, and leaves the data root as it was."""

import sqlite3

import pytest

ROWS = "id,age,plan,note,left\n1,30,x,,yes\n2,40,y,,no\n"
QUERY = "select id, age, plan, note, [left] from people where day = :day"


@pytest.fixture
def dry(call, root):
    """A dry run; gives exit code and log, and holds that nothing has changed."""

    def tree():
        return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in root.rglob("*")}

    def run(raw, *options):
        before = tree()
        ended = call(raw, "--dry-run", *options)
        assert tree() == before
        return ended

    return run


def test_files_are_told_with_what_changed(dry, call, table, inbox):
    assert dry(table)[0] == 66
    (inbox / "rows.csv").write_text(ROWS)
    code, told = dry(table)
    assert code == 0
    assert "would write raw/2026-11-22/data: it is not there" in told
    assert "would write raw/2026-11-22/target: it is not there" in told
    assert call(table)[0] == 0
    assert "would" not in dry(table)[1]
    (inbox / "rows.csv").write_text(ROWS + "3,50,z,,no\n")
    assert "would write raw/2026-11-22/data: inbox/2026-11-22/rows.csv is another one now" in dry(table)[1]
    (inbox / "rows.csv").write_text(ROWS)
    (inbox / "more.csv").write_text("id,age,plan,note,left\n9,30,x,,yes\n")
    assert "inbox/2026-11-22/more.csv is new" in dry(table)[1]


def test_a_file_that_cannot_be_used_is_refused_as_it_would_be(dry, table, inbox):
    (inbox / "rows.csv").write_text("id,age\n1,30\n")
    code, told = dry(table)
    assert code == 65
    assert "would end with exit 65: inbox/2026-11-22/rows.csv: column 'plan' must be there" in told


def test_labels_of_many_days_are_told_and_not_given_to_their_days(dry, call, table, inbox, root):
    (inbox / "rows.csv").write_text("id,age,plan,note\n1,30,x,\n")
    assert call(table)[0] == 0
    labels = root / "inbox" / "labels"
    labels.mkdir()
    (labels / "all.csv").write_text("id,left\n1,yes\n")
    would = "would give the labels of inbox/labels to their days: not yet read for these rows, table.key and"
    assert would in dry(table)[1]
    assert "table.target: inbox/labels/all.csv" in dry(table)[1]
    assert call(table)[0] == 0
    assert would not in dry(table)[1]


def test_labels_of_many_days_are_told_where_pipeline_toml_asks_for_another_target(dry, call, table, inbox, root):
    (inbox / "rows.csv").write_text("id,age,plan,note\n1,30,x,\n")
    (root / "inbox" / "labels").mkdir()
    (root / "inbox" / "labels" / "all.csv").write_text("id,left,stayed\n1,yes,no\n")
    assert call(table)[0] == 0
    table["table"]["target"] = "stayed"
    table["columns"]["stayed"] = table["columns"].pop("left")
    assert "would give the labels of inbox/labels to their days" in dry(table)[1]


def test_labels_without_a_day_are_told_where_more_rows_come(dry, call, table, inbox, root):
    (inbox / "rows.csv").write_text("id,age,plan,note\n1,30,x,\n")
    (root / "inbox" / "labels").mkdir()
    (root / "inbox" / "labels" / "all.csv").write_text("id,left\n1,yes\n2,no\n")
    assert call(table)[0] == 0
    assert "would give the labels" not in dry(table)[1]
    (inbox / "rows.csv").write_text("id,age,plan,note\n1,30,x,\n2,40,y,\n")
    assert "would give the labels of inbox/labels to their days" in dry(table)[1]


def test_made_up_rows_are_told(dry, customers):
    code, told = dry(customers)
    assert code == 0
    assert "would write raw/2026-11-22/data: it is not there" in told


def test_a_database_is_not_asked(dry, call, table, url, tmp_path):
    table = table | {"source": {"kind": "sql", "query": QUERY}}
    code, told = dry(table)
    assert code == 0
    assert "would ask the database for data and target of 2026-11-22: its rows are not here" in told
    assert "would write raw/2026-11-22/data: it is not there" in told
    assert "it alone knows whether it has labels by now" in told
    assert "raw/2026-11-22/target" not in told
    assert not (tmp_path / "people.db").exists()
    with sqlite3.connect(tmp_path / "people.db") as database:
        database.execute('create table people (day text, id integer, age real, plan text, note text, "left" text)')
        database.execute("insert into people values ('2026-11-22', 1, 7, 'x', null, 'yes')")
    assert call(table)[0] == 0
    told = dry(table)[1]
    assert (
        "would ask the database for data and target of 2026-11-22: it may have more rows, or other labels, by now"
        in told
    )
    assert "would write" not in told
