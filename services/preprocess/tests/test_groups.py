import pyarrow as pa
import pytest
import xxhash

from contract.errors import DataError


def hashed(text):
    return xxhash.xxh64_intdigest(text.encode())


def groups(day):
    return day.table()["_group"].to_pylist()


def parts(day):
    return day.table()["split"].to_pylist()


@pytest.fixture
def keyless(day):
    del day.raw_config["table"]["key"], day.raw_config["columns"]["id"]
    return day


def numbered(day, **columns):
    (count,) = {len(values) for values in columns.values()}
    return day.rows(count, id=None, row_key=[f"2026-11-22-{number + 1}" for number in range(count)], **columns)


def home_is(day, kind):
    day.raw_config["table"]["group"] = "home"
    day.raw_config["columns"]["home"] = {"type": kind, "role": "ignore"}


def test_each_key_is_an_entity_of_its_own_by_default(day):
    day.bring_data(day.rows(3))
    day.process()
    assert groups(day) == [hashed("c0"), hashed("c1"), hashed("c2")]


def test_rows_of_a_group_train_or_test_together(day):
    home_is(day, "text")
    day.bring_data(day.rows(300, home=[f"h{number % 30}" for number in range(300)]))
    day.process()
    assert groups(day) == [hashed(f"h{number % 30}") for number in range(300)]
    assert parts(day) == parts(day)[:30] * 10
    assert {"train", "test"} == set(parts(day))


@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("text", [" 7.0 ", "7"], "7"),
        ("integer", ["7", "7.0"], "7"),
        ("number", ["7.50", "+7.5"], "7.5"),
        ("category", ["a", " a"], "a"),
        ("datetime", ["2026-01-05", "2026-01-05 00:00:00"], "2026-01-05"),
    ],
)
def test_a_group_is_the_same_however_it_is_written_and_of_whatever_type(day, kind, values, text):
    home_is(day, kind)
    day.bring_data(day.rows(2, home=values))
    day.process()
    assert groups(day) == [hashed(text)] * 2


def test_a_group_may_come_with_a_type_of_its_own(day):
    home_is(day, "integer")
    day.bring_data(day.rows(3, home=pa.array([7.0, float("nan"), 8.0])))
    day.process()
    assert groups(day) == [hashed("7"), hashed("c1"), hashed("8")]


def test_a_feature_may_say_whose_a_row_is(day):
    day.raw_config["table"]["group"] = "city"
    day.bring_data(day.rows(3, city=["Bern", "Rome", "Bern"]))
    day.process()
    assert groups(day) == [hashed("Bern"), hashed("Rome"), hashed("Bern")]
    assert day.table()["city"].to_pylist() == ["Bern", "Rome", "Bern"]


def test_a_group_whose_last_digits_are_lost_rejects_its_row(day):
    home_is(day, "text")
    day.bring_data(day.rows(2, home=["1e+16", "1"]))
    day.process()
    (line,) = day.table("rejected").to_pylist()
    assert (line["column"], line["rule"]) == ("home", "a float too large to be exact, its last digits are lost")


def test_a_row_without_a_group_is_its_own_by_its_key(day):
    home_is(day, "text")
    day.bring_data(day.rows(3, home=["h", "NA", "h"]))
    day.process()
    assert groups(day) == [hashed("h"), hashed("c1"), hashed("h")]


def test_a_row_without_key_and_group_is_its_own_by_what_it_holds(keyless):
    home_is(keyless, "text")
    same = {"age": ["20"] * 3, "income": ["1"] * 3, "plan": ["small"] * 3, "city": ["Bern"] * 3}
    keyless.bring_data(numbered(keyless, home=["h", "", ""], **same))
    keyless.process()
    assert groups(keyless) == [hashed("h"), *[hashed("20\x1fBern\x1f1\x1fsmall")] * 2]


def test_without_a_key_equal_rows_are_one_entity_whatever_else_they_bring(keyless):
    rows = numbered(
        keyless,
        age=["20", "20.0", "20"],
        income=["1.50", "1.5", "NA"],
        plan=["small"] * 3,
        city=["Bern", " Bern", "Bern"],
        seen=["2026-11-20", "2026-11-21", "2026-11-22"],
    )
    keyless.bring_data(rows)
    keyless.process()
    same = hashed("20\x1fBern\x1f1.5\x1fsmall")
    assert groups(keyless) == [same, same, hashed("20\x1fBern\x1f\0\x1fsmall")]


def test_each_row_can_be_its_own_entity_though_others_are_equal(keyless):
    keyless.raw_config["table"]["group"] = "row_key"
    same = {"age": ["20"] * 2, "income": ["1"] * 2, "plan": ["small"] * 2, "city": ["Bern"] * 2}
    keyless.bring_data(numbered(keyless, **same))
    keyless.process()
    assert groups(keyless) == [hashed("2026-11-22-1"), hashed("2026-11-22-2")]


def test_data_without_the_group_is_refused(day):
    home_is(day, "text")
    day.bring_data(day.rows(2))
    with pytest.raises(
        DataError, match=r"must have the key, the group, every feature and every slice of pipeline.toml, without home"
    ):
        day.process()
