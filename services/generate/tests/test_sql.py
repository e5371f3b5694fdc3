import pytest
from sqlalchemy import make_url

from generate.sql import Query, _url

QUERY = "select id, age, plan, note, [left] from people where day = :day order by id"


@pytest.fixture
def table(table):
    return table | {"source": {"kind": "sql", "query": QUERY}}


def test_no_recipe_holds_user_or_password(run, table, url):
    url.write_text("postgresql://me:s3cret@db:5432/shop?password=s3cret")
    settings = Query(run(table)).data.settings
    assert settings["source"] == {"kind": "sql", "database": "postgresql+psycopg://db:5432/shop", "query": QUERY}


@pytest.mark.parametrize(("database", "again"), [("postgresql://db:5432/shop", True), ("sqlite:////shop.db", False)])
def test_another_clock_has_rows_and_labels_read_again_where_it_decides_which_they_are(run, table, url, database, again):
    url.write_text(database)
    table["source"]["target_query"] = 'select id, "left" from people where day = :day'
    clocks = [table["schedule"] | {"timezone": zone} for zone in ("UTC", "Asia/Tokyo")]
    here, there = (Query(run(table | {"schedule": clock})) for clock in clocks)
    assert (here.data.fingerprint != there.data.fingerprint, here.target.fingerprint != there.target.fingerprint) == (
        again,
        again,
    )


def test_a_missing_url_is_told_with_what_belongs_there(call, table, url):
    url.unlink()
    code, error = call(table)
    assert code == 66
    assert (
        f"MICROSTEP_SQL_URL_FILE: {url} must be a file with the database's URL, as postgresql://user:password@" in error
    )


@pytest.mark.parametrize("text", ["", "s3cret", "postgresql://me:s3cret@@db:s3cret/x"])
def test_something_else_than_a_url_is_not_quoted(call, table, url, text):
    url.write_text(text)
    code, error = call(table)
    assert (code, "s3cret" in error) == (78, False)
    assert "must hold the database's URL" in error


def test_a_wait_for_the_server_is_short_unless_the_url_says_otherwise(url):
    url.write_text("postgres://db/shop")
    assert _url() == make_url("postgresql+psycopg://db/shop?connect_timeout=10")
    url.write_text("postgresql://db/shop?connect_timeout=60")
    assert _url().query["connect_timeout"] == "60"
