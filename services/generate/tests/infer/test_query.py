import sqlite3
import tomllib

import pytest

from contract.config.parse import load


@pytest.fixture
def database(tmp_path, url):
    with sqlite3.connect(tmp_path / "people.db") as database:
        database.execute('create table customers (day text, id integer, age real, "left" text)')
        rows = [("2026-11-22", number, number / 2, "ny"[number % 3 == 0]) for number in range(100)]
        database.executemany("insert into customers values (?, ?, ?, ?)", [*rows, ("2026-11-21", 7, "old", None)])
    yield database
    database.close()


@pytest.fixture
def infer(call, tmp_path):
    output = tmp_path / "pipeline.toml"
    return lambda *options: (*call.shell("infer", "--output", str(output), *options), output)


QUERY = 'select id, age, "left" from customers where day = :day order by id'


def test_a_query_is_looked_at_for_the_first_day_and_written_down(infer, database):
    code, error, output = infer("--query", QUERY, "--target", "left", "--first-day", "2026-11-22")
    assert code == 0, error
    config = load(output)
    assert (config.source.query, config.table.key, config.table.positive) == (QUERY, "id", "y")
    assert (config.pipeline.name, config.columns["age"].type) == ("customers", "number")
    assert "from 100 rows" in error
    assert "password" not in output.read_text()


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("select * from customers", 64, "--query: must use :day, as each night's query does, got 'select * from customers'"),
        ("select gone from customers where day = :day", 78, "query: the database refuses it: no such column: gone; mend it\n"),
        ("select id, id from customers where day = :day", 65, "query: column names must differ, got 'id' 2 times"),
        ('select id, "left" from customers where day < :day and day > :day', 65, "query: column 'left' must have at least two different values"),
    ],
)  # fmt: skip
def test_a_query_that_gives_no_table_ends_with_its_code(infer, database, query, code, message):
    exit_code, error, output = infer("--query", query, "--target", "left")
    assert (exit_code, message in error) == (code, True), error
    assert not output.exists()


def test_a_query_needs_a_database(infer, tmp_path, monkeypatch):
    monkeypatch.setenv("MICROSTEP_SQL_URL_FILE", str(tmp_path / "gone"))
    code, error, _ = infer("--query", QUERY, "--target", "left")
    assert (code, "MICROSTEP_SQL_URL_FILE" in error) == (66, True)


def test_either_files_or_a_query_are_looked_at(infer, database, tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    for options, got in (((str(tmp_path / "a.csv"), "--query", QUERY), "both"), ((), "none")):
        code, error, _ = infer(*options, "--target", "left")
        assert (code, f"FILE or --query: must be one of the two, got {got}" in error) == (64, True)


def test_a_query_of_several_lines_comes_back(infer, database):
    query = QUERY.replace(" from", '\n  -- a "comment"\nfrom')
    _, _, output = infer("--query", query, "--target", "left", "--first-day", "2026-11-22", "--name", "shop")
    assert tomllib.loads(output.read_text())["source"]["query"] == query
    assert load(output).pipeline.name == "shop"
