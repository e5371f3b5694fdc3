import pytest

from contract.config.source import Files, Sql, asks_for_day


@pytest.mark.parametrize("query", ["x = :day", "x = :day::date", "x=':x' and d>:day", "cast(:day as date) -- all"])
def test_a_query_may_use_the_day_as_its_database_writes_it(query):
    assert Sql(query=query).query == query


@pytest.mark.parametrize(
    "query",
    ["x = 1", "x = ':day'", "x::day", ":days", '":day"', "1 -- :day", "/* :day */ 1", "$$:day$$", "$a$ :day $a$"],
)
def test_a_day_that_no_database_would_see_is_none(query):
    assert not asks_for_day(query)
    with pytest.raises(ValueError, match="^query must use :day, got "):
        Sql(query=query)


def test_no_character_may_be_the_quote():
    assert Files(quote="", delimiter="|").quote == ""
