import datetime
import sqlite3
from decimal import Decimal
from types import SimpleNamespace

import psycopg
import pyarrow as pa
import pytest
import sqlalchemy.exc
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from contract.config.parse import parse
from contract.datasets.manifest import read_manifest
from contract.due.lacking import to_generate
from contract.errors import DataError, Unavailable
from contract.layout import Layout
from generate import query_rows
from generate.query_rows import explained
from generate.sql import Query

QUERY = "select id, age, plan, note, [left] from people where day = :day order by id"


@pytest.fixture
def database(tmp_path, url):
    """Two people on the day, one on another."""
    with sqlite3.connect(tmp_path / "people.db") as database:
        database.execute('create table people (day text, id integer, age real, plan text, note text, "left" text)')
        database.executemany(
            "insert into people values (?, ?, ?, ?, ?, ?)",
            [
                ("2026-11-22", 1, 7.5, "x", None, "yes"),
                ("2026-11-22", 2, "old", "é", "n", None),
                ("2026-11-21", 3, 9, "z", "n", "no"),
            ],
        )
    yield database
    database.close()


@pytest.fixture
def table(table):
    return table | {"source": {"kind": "sql", "query": QUERY}}


def test_a_query_gives_the_days_rows_as_text_and_their_labels(call, table, database, rows):
    assert call(table)[0] == 0
    assert rows("data").to_pylist() == [
        {"id": "1", "age": "7.5", "plan": "x", "note": None, "_file": "query", "_row": 1},
        {"id": "2", "age": "old", "plan": "é", "note": "n", "_file": "query", "_row": 2},
    ]
    assert rows("target").to_pylist() == [{"id": "1", "left": "yes", "_file": "query", "_row": 1}]


def test_rows_are_fetched_in_chunks_and_numbered_through(call, table, database, rows, monkeypatch):
    monkeypatch.setattr(query_rows, "FETCH_ROWS", 1)
    assert call(table)[0] == 0
    assert rows("data")["_row"].to_pylist() == [1, 2]


def test_labels_may_come_from_a_query_of_their_own(call, table, database, rows):
    table["source"]["target_query"] = 'select id, "left" from people where [left] is not null'
    assert call(table)[0] == 0
    assert rows("data")["id"].to_pylist() == ["1", "2"]
    assert rows("target").select(["id", "left", "_file"]).to_pylist() == [
        {"id": "1", "left": "yes", "_file": "target_query"},
        {"id": "3", "left": "no", "_file": "target_query"},
    ]


@pytest.mark.parametrize("more", ["", " -- of no :day", " and note is not ':day'"])
def test_labels_of_all_days_are_not_taken_where_a_key_has_rows_on_several(call, table, database, rows, root, more):
    table["source"]["target_query"] = f'select id, "left" from people where [left] is not null{more}'
    with database:
        database.execute("insert into people values ('2026-11-21', 1, 7, 'x', null, null)")
    assert call(table, "--day", "2026-11-21")[0] == 0
    code, error = call(table)
    assert code == 65
    assert "1 of 2 rows of 2026-11-22 have a key (table.key id) that rows of other days also have" in error
    assert rows("data")["id"].to_pylist() == ["1", "2"], "the rows come in all the same"
    assert not (root / "raw" / "2026-11-22" / "target").exists()


def test_a_day_is_up_to_date_until_the_query_changes_or_force_is_given(call, table, database, rows):
    call(table)
    with database:
        database.execute("update people set age = 8")
    assert call(table)[1].count("up to date") == 2
    assert rows("data")["age"].to_pylist() == ["7.5", "old"]
    assert call(table, "--force")[0] == 0
    assert rows("data")["age"].to_pylist() == ["8", "8"]
    with database:
        database.execute("update people set age = 9")
    table["source"]["query"] += " desc"
    assert call(table)[0] == 0
    assert rows("data")["age"].to_pylist() == ["9", "9"]


def test_what_a_database_holds_is_on_record_nowhere_so_the_step_is_always_run(call, table, database, root):
    call(table)
    assert "observed" not in read_manifest(root / "raw" / "2026-11-22" / "data").run


def test_labels_that_were_not_there_are_asked_for_again(call, table, database, rows, state):
    with database:
        database.execute('update people set "left" = null')
    assert "no labels yet" in call(table)[1]
    before = state()
    with database:
        database.execute("update people set [left] = 'no'")
    assert call(table)[0] == 0
    assert rows("target")["left"].to_pylist() == ["no", "no"]
    after = state()
    assert {name: after[name] for name in before} == before


def test_rows_that_come_after_the_query_was_asked_are_read_and_those_that_only_change_are_not(
    call, table, database, rows, state
):
    call(table)
    with database:
        database.execute("insert into people values ('2026-11-22', 5, 5, 'x', null, 'no')")
    code, log = call(table)
    assert (code, "raw/2026-11-22/data: 2 rows were read, 3 have come since: the day is read again" in log) == (
        0,
        True,
    )
    assert rows("data")["id"].to_pylist() == ["1", "2", "5"]
    assert rows("target")["id"].to_pylist() == ["1", "5"]
    with database:
        database.execute("update people set age = 8")
        database.execute("delete from people where id = 5")
    before = state()
    assert call(table)[0] == 0
    assert {name for name, kept in state().items() if before.get(name) != kept and "/data/" in name} == set()


def test_rows_that_are_gone_from_the_database_since_are_no_failure(call, table, database, rows):
    call(table)
    with database:
        database.execute("delete from people")
    assert call(table)[0] == 0
    assert (rows("data").num_rows, rows("target").num_rows) == (2, 1)


@pytest.mark.parametrize("labelled", [True, False])
def test_rows_without_a_key_that_come_later_are_read_with_their_labels(call, table, database, rows, labelled):
    del table["table"]["key"], table["columns"]["id"]
    table["source"]["query"] = QUERY.replace("id, ", "", 1)
    with database:
        database.execute("update people set [left] = 'no'")
    call(table)
    with database:
        label = "yes" if labelled else None
        database.execute("insert into people values ('2026-11-22', 5, 5, 'x', null, ?)", [label])
    assert call(table)[0] == 0
    assert (rows("data").num_rows, rows("target").num_rows) == (3, 2 + labelled)
    with database:
        database.execute("delete from people")
    assert call(table)[0] == (0 if labelled else 75)
    assert rows("data").num_rows == 3


def test_a_day_that_had_no_row_yet_is_read_once_it_has_some(call, table, database, rows):
    table["source"]["allow_empty"] = True
    with database:
        database.execute("update people set day = 'x' || day")
    call(table)
    with database:
        database.execute("update people set day = substr(day, 2)")
    assert call(table)[0] == 0
    assert (rows("data").num_rows, rows("target").num_rows) == (2, 1)


def test_no_row_is_a_day_whose_rows_are_not_there_yet(call, table, database, root, rows):
    with database:
        database.execute("delete from people")
    code, log = call(table)
    assert code == 75
    assert "source.query: must give rows for 2026-11-22, got 0, so they are taken for not there yet" in log
    assert "source.allow_empty = true" in log
    assert not (root / "raw/2026-11-22/data").exists()
    with database:
        database.execute("insert into people values ('2026-11-22', 1, 7, 'x', null, 'yes')")
    assert call(table)[0] == 0
    assert rows("data").num_rows == 1


def test_rows_that_are_gone_leave_those_of_before(call, table, database, rows):
    call(table)
    with database:
        database.execute("delete from people")
    assert call(table, "--force")[0] == 75
    assert rows("data").num_rows == 2


def test_no_row_is_a_day_without_rows_where_that_may_be(call, table, database, root, rows):
    with database:
        database.execute("delete from people")
    table["source"]["allow_empty"] = True
    assert call(table)[0] == 0
    assert rows("data").num_rows == 0
    assert not (root / "raw/2026-11-22/target").exists()
    code, log = call(table)
    assert (code, "a day without rows, which needs no labels" in log) == (0, True)


def test_a_day_without_rows_that_an_earlier_version_wrote_is_asked_for_again(call, table, database, rows):
    with database:
        database.execute("update people set day = 'x' || day")
    table["source"]["allow_empty"] = True
    call(table)
    del table["source"]["allow_empty"]
    assert call(table)[0] == 75
    with database:
        database.execute("update people set day = substr(day, 2)")
    assert call(table)[0] == 0
    assert rows("data").num_rows == 2


def test_labels_are_asked_for_again_and_stay_byte_for_byte_where_nothing_has_come(call, table, database, rows, state):
    call(table)
    before = state()
    code, log = call(table)
    assert (code, "raw/2026-11-22/target: up to date, the source has nothing else" in log) == (0, True)
    assert state() == before
    with database:
        database.execute("""update people set "left" = 'no' where id = 2""")
    assert call(table)[0] == 0
    assert rows("target").select(["id", "left"]).to_pylist() == [{"id": "1", "left": "yes"}, {"id": "2", "left": "no"}]
    changed = {name for name, kept in state().items() if before.get(name) != kept}
    assert {name.split("/")[2] for name in changed} == {"target"}


@pytest.fixture
def asks(table, root):
    """Makes another column the target, and tells of which days generate has something to read."""

    def asks(target="left"):
        if target not in table["columns"]:
            table["columns"] = {name: column for name, column in table["columns"].items() if name != "left"}
            table["columns"][target] = {"type": "category", "values": ["no", "yes"]}
            table["table"] = table["table"] | {"target": target, "extra_columns": "drop"}
            table["source"] = table["source"] | {"query": QUERY.replace("[left]", f"[left], note as {target}")}
        table["schedule"] = table["schedule"] | {"label_grace_days": 0}
        table["training"] = table["training"] | {"window_days": 28}
        # as long after it as only a training still uses it
        lacks = to_generate(parse(table), Layout(root), datetime.date(2026, 11, 22) + datetime.timedelta(days=20))
        return [lack.day for lack in lacks if lack.day == "2026-11-22"]

    return asks


def labelled(database):
    with database:
        database.execute("update people set note = 'no'")


@pytest.mark.parametrize("gone", ["1 = 1", "id = 2"], ids=["all rows", "some rows"])
def test_rows_that_the_database_has_no_more_stay_when_they_are_read_for_another_target_once(
    call, table, database, rows, asks, gone
):
    labelled(database)
    call(table)
    assert not asks()
    before = rows("data")
    with database:
        database.execute(f"delete from people where {gone}")
    assert asks("bought") == ["2026-11-22"]
    code, log = call(table)
    assert code == 0
    assert "raw/2026-11-22/data: 2 rows were read, the source has only" in log
    assert rows("data").equals(before)
    assert not asks("bought"), "asked once"
    left = [] if gone == "1 = 1" else [{"id": "1", "bought": "no"}]
    assert [label for label in rows("target").to_pylist() if "bought" in label] == [
        label | {"_file": "query", "_row": 1} for label in left
    ]
    code, log = call(table, "--force")
    assert code == (75 if gone == "1 = 1" else 0)
    assert rows("data").num_rows == (2 if gone == "1 = 1" else 1), "who says so gets what is there"


def test_rows_that_are_all_there_are_read_for_another_target(call, table, database, rows, asks):
    labelled(database)
    call(table)
    assert asks("bought")
    assert call(table)[0] == 0
    assert "bought" not in rows("data").column_names
    assert rows("target")["bought"].to_pylist() == ["no", "no"]
    assert not asks("bought")


@pytest.mark.parametrize("target_query", [None, "select nr, [left] from people"])
@pytest.mark.parametrize("key", ["nr", None])
def test_rows_that_stay_without_a_key_of_now_take_no_labels_and_are_asked_for_once(
    call, table, database, rows, asks, key, target_query
):
    asks()
    call(table)
    with database:
        database.execute("alter table people add column nr text")
        database.execute("update people set nr = 'N' || id")
        database.execute("delete from people where id = 2")
    table["table"] = {name: value for name, value in table["table"].items() if name != "key"}
    table["table"] |= {"extra_columns": "drop"} | ({"key": key} if key else {})
    table["source"] = {"kind": "sql", "query": QUERY.replace("id,", "id, nr,")}
    if target_query and key:
        table["source"]["target_query"] = target_query
    assert asks()
    before = rows("target")
    assert call(table)[0] == 0
    assert (rows("data").num_rows, rows("target").equals(before)) == (2, True)
    assert not asks()


def test_fewer_rows_do_not_take_the_place_of_more_because_the_stack_is_another_version(
    call, table, database, rows, monkeypatch
):
    call(table)
    with database:
        database.execute("delete from people where id = 2")
    monkeypatch.setattr("contract.steps.run._code_version", lambda *_: "another")
    code, log = call(table)
    assert (code, "the source has only 1 by now: they stay" in log) == (0, True)
    assert rows("data").num_rows == 2


def test_a_narrower_query_is_taken_at_its_word(call, table, database, rows):
    call(table)
    table["source"] = table["source"] | {"query": QUERY.replace("order", "and id = 1 order")}
    code, log = call(table)
    assert (code, "2 rows were read, another source.query gives only 1" in log) == (0, True)
    assert rows("data").num_rows == 1


def test_damaged_rows_do_not_stay_though_there_are_fewer_by_now(call, table, database, rows, root, monkeypatch):
    call(table)
    (part,) = (root / "raw/2026-11-22/data").glob("*.parquet")
    part.write_bytes(b"damaged")
    with database:
        database.execute("delete from people where id = 2")
    monkeypatch.setattr("contract.steps.run._code_version", lambda *_: "another")
    assert call(table)[0] == 0
    assert rows("data").num_rows == 1


def test_a_damaged_part_is_written_again_though_the_source_has_nothing_else(call, table, database, root, rows):
    call(table)
    (part,) = (root / "raw/2026-11-22/target").glob("*.parquet")
    part.write_bytes(b"damaged")
    assert call(table)[0] == 0
    assert rows("target").num_rows == 1


def test_rows_without_a_key_are_read_again_only_while_a_label_lacks(call, table, database, rows, state):
    del table["table"]["key"], table["columns"]["id"]
    table["source"]["query"] = QUERY.replace("id, ", "", 1)
    call(table)
    with database:
        database.execute("""update people set "left" = 'no' where id = 2""")
    assert call(table)[0] == 0
    assert rows("target").num_rows == 2
    with database:
        database.execute("update people set age = 1")
    before = state()
    assert call(table)[0] == 0
    assert state() == before


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("select nonsense from people where day = :day", 78, "source.query: the database refuses it: no such column: nonsense; mend it in pipeline.toml"),
        ("selec :day", 78, 'source.query: the database refuses it: near "selec": syntax error'),
        ("create table day (x integer) -- ':day'", 78, "source.query must use :day"),
        ("select id, [left] from people where day = :day", 65, "source.query: column 'age' must be there by pipeline.toml"),
        ("select id, age, plan, 1 as more from people where day = :day", 65, "source.query: column 'more' must be in [columns]"),
        ("select id, age, age, plan from people where day = :day", 65, "source.query: column names must differ, got 'age' 2 times"),
        ("select id, age, plan, x'00' as note from people where day = :day", 65, "source.query: column 'note' must hold plain values, got a bytes"),
    ],
)  # fmt: skip
def test_a_wrong_query_ends_with_its_code_and_the_databases_words(call, table, database, root, query, code, message):
    table["source"]["query"] = query
    exit_code, error = call(table)
    assert (exit_code, message in error) == (code, True), error
    assert "Traceback" not in error
    assert list(root.rglob("manifest.json")) == []


def test_a_query_for_labels_must_give_key_and_target(call, table, database):
    table["source"]["target_query"] = "select id, plan from people"
    code, error = call(table)
    assert (code, "source.target_query: column 'age' must be there" in error) == (65, True)


def test_a_database_that_does_not_answer_is_worth_another_try_and_its_password_is_not_told(call, table, url):
    url.write_text("postgresql://me:s%40cret@127.0.0.1:1/shop")
    code, error = call(table)
    assert code == 69
    assert "database postgresql+psycopg://127.0.0.1:1/shop: does not answer: connection failed" in error
    assert "s@cret" not in error
    assert "s%40cret" not in error


def test_a_file_that_another_program_writes_to_is_worth_another_try(call, table, database, url):
    url.write_text(url.read_text().strip() + "?timeout=0.05")
    database.execute("begin exclusive")
    code, error = call(table)
    database.rollback()
    assert (code, "does not answer: database is locked" in error) == (69, True), error
    assert call(table)[0] == 0


def test_a_password_is_masked_in_the_databases_own_words(run, table, url):
    url.write_text("postgresql://me:s3cret@db/shop")
    query = Query(run(table))
    with pytest.raises(Unavailable, match=r"no password '\*\*\*' here"), explained(query.at):
        raise sqlalchemy.exc.OperationalError("select 1", {}, Exception("no password 's3cret' here"))


def test_a_driver_that_the_image_lacks_is_named(call, table, url):
    url.write_text("mysql+pymysql://me:s3cret@db/shop")
    code, error = call(table)
    assert (code, "no driver for 'mysql+pymysql' in this image" in error) == (78, True)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("x", "x"),
        (True, "true"),
        (7, "7"),
        (0.1, "0.1"),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+3"), "1000"),
        (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC), "2026-01-02 03:04:00+00:00"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
    ],
)
def test_values_are_written_as_a_csv_file_would(value, text):
    assert query_rows._text("source.query", "x", value) == text


@pytest.mark.parametrize("value", [[1], datetime.timedelta(days=1)])
def test_a_list_and_a_duration_are_no_values(value):
    got = type(value).__name__
    with pytest.raises(
        DataError, match=f"source.query: column 'x' must hold plain values, got a {got}; cast it to text"
    ):
        query_rows._text("source.query", "x", value)


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("select 1 where d = :day::date", "select 1 where d = ?::date"),
        ("select ':day', \"a:b\", x::text, a[1:2] where d=:day -- at :day", "select ':day', \"a:b\", x::text, a[1:2] where d=? -- at :day"),
        ("select /* :day */ $$a:day$$ where :day > d", "select /* :day */ $$a:day$$ where ? > d"),
        (r"select 1 where d = :day\:\:date", "select 1 where d = ?::date"),
        ("select :days, x::day, cast(:day as date)", "select :days, x::day, cast(? as date)"),
    ],
)  # fmt: skip
def test_only_the_day_is_a_parameter_and_other_colons_are_the_databases(query, sent):
    assert str(query_rows.statement_of(query).compile(dialect=sqlite_dialect())) == sent


def test_a_query_with_colons_in_texts_gives_the_days_rows(call, table, database, rows):
    table["source"]["query"] = "select *, ':x' as note2 from people where day = :day and plan <> 'a:day'"
    table["table"]["extra_columns"] = "drop"
    assert call(table)[0] == 0
    assert rows("data").num_rows > 0


class Postgres:
    """The driver's adapters of a connection, and what was sent over it."""

    def __init__(self, clock=("Etc/UTC", True)):
        self.sent, self.clock = [], clock
        self.adapters = psycopg.adapt.AdaptersMap(psycopg.adapters)
        self.connection = SimpleNamespace(dbapi_connection=self)

    def execute(self, statement, values):
        self.sent.append((str(statement), values))
        return SimpleNamespace(one=lambda: self.clock)

    def read(self, kind, value):
        context = SimpleNamespace(adapters=self.adapters, connection=None)
        oid = self.adapters.types[kind].oid
        return psycopg.adapt.Transformer(context).get_loader(oid, psycopg.pq.Format.TEXT).load(value)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("date", b"infinity", "infinity"),
        ("timestamp", b"0044-03-15 00:00:00 BC", "0044-03-15 00:00:00 BC"),
        ("timestamptz", b"-infinity", "-infinity"),
        ("time", b"24:00:00", "24:00:00"),
        ("date", b"2026-01-05", datetime.date(2026, 1, 5)),
    ],
)
def test_a_time_that_python_does_not_know_is_its_text_so_that_its_row_alone_is_rejected(kind, value, read):
    postgres = Postgres()
    query_rows._prepare_postgres(postgres, None)
    assert postgres.read(kind, value) == read
    assert postgres.sent == []


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (b"10000-01-01 08:59:59+09", "9999-12-31 23:59:59+00:00"),
        (b"10000-01-01 05:29:59.123456+05:30", "9999-12-31 23:59:59.123456+00:00"),
        (b"0001-12-31 19:03:58-04:56:02 BC", "0001-01-01 00:00:00+00:00"),
        (b"10000-01-02 08:59:59+09", "10000-01-02 08:59:59+09"),
        (b"0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC"),
    ],
)
def test_a_moment_at_the_ends_of_time_is_one_whatever_the_clock_of_the_session(value, read):
    postgres = Postgres()
    query_rows._prepare_postgres(postgres, None)
    assert query_rows._text("source.query", "valid_to", postgres.read("timestamptz", value)) == read


def test_a_day_of_postgres_begins_by_the_clock_of_the_schedule():
    postgres = Postgres()
    query_rows._prepare_postgres(postgres, "Asia/Tokyo")
    assert postgres.sent[-1:] == [("select set_config('TimeZone', :clock, true)", {"clock": "Asia/Tokyo"})]


@pytest.mark.parametrize("same", [True, False])
def test_where_the_server_has_another_clock_it_is_told_what_that_changes(same, caplog):
    caplog.set_level("INFO")
    query_rows._prepare_postgres(Postgres(("Etc/UTC", same)), "Asia/Tokyo")
    told = (
        "source: the queries are asked by the clock of schedule.timezone, Asia/Tokyo, not by the server's, Etc/UTC: a "
        "timestamp without a zone that a query casts to timestamptz, or compares with one, is taken for a time of "
        "that clock; where it is one of Etc/UTC, write: COLUMN at time zone 'Etc/UTC'"
    )
    assert caplog.messages == ([] if same else [told])


def test_a_value_that_the_driver_cannot_read_is_the_datas_fault_and_its_way_out_is_said(call, table, database):
    with database:
        database.execute("update people set plan = cast(x'ff' as text) where id = 2")
    code, error = call(table)
    assert code == 65
    assert "source.query: a value cannot be read: Could not decode to UTF-8" in error
    assert "cast its column to text in the query, or leave it out" in error


@pytest.mark.parametrize(("value", "exact"), [("16777215", True), (None, True), ("16777216", False), ("-2e+09", False)])
def test_a_key_that_was_a_float_of_32_bits_and_lost_digits_is_refused(value, exact):
    rows = pa.RecordBatch.from_pydict({"id": pa.array(["1", value], pa.string())})
    if exact:
        query_rows._check_exact("source.query", "id", rows)
        return
    with pytest.raises(DataError, match=r"source.query: the key 'id' must tell rows apart, got -?\d+ of the type real"):
        query_rows._check_exact("source.query", "id", rows)
