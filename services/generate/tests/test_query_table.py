import sqlite3
from datetime import date

import pytest

from contract.errors import ConfigError
from generate.query_table import QueryTable

DAY = date(2026, 11, 22)


@pytest.fixture
def people(tmp_path, url):
    with sqlite3.connect(tmp_path / "people.db") as database:
        database.execute("create table people (day text, id integer, age real)")
        database.executemany("insert into people values (?, ?, ?)", [(str(DAY), 1, 7.5), (str(DAY), 2, None)])
    yield
    database.close()


def test_a_query_is_a_table_of_texts_for_a_day(people):
    table = QueryTable("select id, age, 'a:b' as word from people where day = :day", DAY)
    assert table.schema.names == ["id", "age", "word"]
    assert [row for batch in table.batches(["word", "age"]) for row in batch.to_pylist()] == [
        {"word": "a:b", "age": "7.5"},
        {"word": "a:b", "age": None},
    ]


def test_a_wrong_query_is_refused_in_the_databases_words(people):
    with pytest.raises(ConfigError, match=r"^query: the database refuses it: no such column: nonsense"):
        QueryTable("select nonsense from people", DAY)
