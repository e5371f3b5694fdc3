"""Tables as people have them: what is written for each of their columns."""

import tomllib
from datetime import date, datetime, timedelta

import pytest

from contract.config.parse import parse
from generate.infer.inference import look_at
from generate.infer.inputs import open_files
from generate.infer.render.file import render

ROWS = 300
LABELS = ["yes" if number % 3 == 0 else "no" for number in range(ROWS)]
FIRST = datetime(2025, 1, 1, 9)  # noqa: DTZ001 (people's tables have no zone)


@pytest.fixture
def seen(tmp_path):
    """Looks at a table of texts, given by its columns; the file is called orders.csv."""

    def look(columns, target="y", **options):
        path = tmp_path / "orders.csv"
        columns = {"x": [str(number * 7919 % 300 / 4) for number in range(ROWS)]} | columns
        columns.setdefault("y", LABELS)
        quoted = [[f'"{value}"' if "," in value else value for value in values] for values in columns.values()]
        path.write_text("\n".join([",".join(columns), *map(",".join, zip(*quoted, strict=True))]), encoding="utf-8")
        table = open_files([path])
        return look_at(table, target, **options).schema

    return look


def written(schema):
    text = render(schema, name="a", first_day=date(2026, 1, 1), source=['kind = "files"'])
    parse(tomllib.loads(text))
    return tomllib.loads(text), text


def moments(form, step=timedelta(hours=29)):
    return [(FIRST + number * step).strftime(form) for number in range(ROWS)]


@pytest.mark.parametrize(
    ("name", "values", "form"),
    [
        ("when", moments("%d/%m/%Y"), "%d/%m/%Y"),
        ("when", moments("%d.%m.%Y"), "%d.%m.%Y"),
        ("when", moments("%m/%d/%Y %H:%M"), "%m/%d/%Y %H:%M"),
        ("when", moments("%b %d, %Y"), "%b %d, %Y"),
        ("when", moments("%Y-%m", timedelta(days=31)), "%Y-%m"),
        ("when", moments("%Y%m%d"), "%Y%m%d"),
        ("created_at", [str(1735722000 + 104_400 * number) for number in range(ROWS)], "epoch_s"),
        ("created_at", [str(1735722000_000 + 104_400_000 * number) for number in range(ROWS)], "epoch_ms"),
        ("when", moments("%Y-%m-%dT%H:%M:%S+01:00"), None),
    ],
)
def test_dates_are_features_with_their_form(seen, name, values, form):
    schema = seen({name: values})
    assert written(schema)[0]["columns"][name] == {"type": "datetime"} | ({"format": form} if form else {})
    assert name in schema.features
    assert schema.suspicions == ()


def test_where_no_value_tells_the_day_from_the_month_the_other_order_is_a_comment_and_a_question(seen):
    schema = seen({"when": [f"0{number % 9 + 1}/0{number % 7 + 1}/2026" for number in range(ROWS)]})
    assert written(schema)[0]["columns"]["when"]["format"] == "%d/%m/%Y"
    assert '# format = "%m/%d/%Y"' in written(schema)[1]
    ((column, suspicion),) = schema.suspicions
    assert (column, suspicion.startswith("day or month first? No value tells: ")) == ("when", True)


def test_dates_in_two_forms_are_both_read(seen):
    mixed = [(FIRST + timedelta(days=n)).strftime("%d.%m.%Y %H:%M" if n % 3 else "%d.%m.%Y") for n in range(ROWS)]
    assert seen({"when": mixed}).column("when").settings["format"] == "%d.%m.%Y %H:%M | %d.%m.%Y"


MANY = [
    [f"{n % 28 + 1}. {['Mai', 'Oktober', 'Dezember'][n % 3]} {2000 + n}" for n in range(ROWS)],
    [f"{n % 28 + 1} de noviembre de {1900 + n % 200}" for n in range(ROWS)],
    [f"lundi {n % 28 + 1} décembre {1900 + n % 200}" for n in range(ROWS)],
    [f"November {n % 10 + 11}th, {1900 + n % 200}" for n in range(ROWS)],
    [f"{n % 28 + 1}. {['März', 'Okt', 'Dez.'][n % 3]}" for n in range(ROWS)],
    [f"{1980 + n % 60}년 {n % 9 + 1}월" for n in range(ROWS)],
]
FEW = [
    [f"{['Mrz', 'Okt', 'Dez'][n % 4 % 3]} {n % 7 + 20}" for n in range(ROWS)],
    [f"{2020 + n % 7}-Q{n % 4 + 1}" for n in range(ROWS)],
    [f"Q{n % 4 + 1}/{20 + n % 7}" for n in range(ROWS)],
    [f"KW {n % 40 + 10}/2026" for n in range(ROWS)],
    ["01.02.2026" if n % 20 == 0 else f"0{n % 7}:30" for n in range(ROWS)],
]


@pytest.mark.parametrize("values", MANY + FEW)
def test_times_in_a_form_that_is_not_read_are_told_with_what_to_write(seen, values):
    schema = seen({"when": values})
    told = dict(schema.suspicions)["when"]
    assert "looks like times, " in told
    assert "write them as YYYY-MM-DD HH:MM, a quarter or a week as its first day" in told
    assert ("when" in schema.features) == (values in FEW)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([str(45_000 + n) for n in range(ROWS)], "excel_days"),
        ([(FIRST + timedelta(days=n)).strftime("%y%m%d") for n in range(ROWS)], "%y%m%d"),
        ([(FIRST + timedelta(days=n)).strftime("%Y%j") for n in range(ROWS)], "%Y%j"),
        ([str(1_735_722_000 + n) for n in range(ROWS)], "epoch_s"),
    ],
)
def test_numbers_that_could_be_times_are_asked_about_and_are_some_by_their_name(seen, values, form):
    schema = seen({"code": values})
    assert f'write type = "datetime" and format = "{form}"' in dict(schema.suspicions)["code"]
    assert seen({"order_date": values}).column("order_date").settings == {"type": "datetime", "format": form}


def test_salaries_are_no_days(seen):
    assert "salary" not in dict(seen({"salary": [str(34_000 + n * 70) for n in range(ROWS)]}).suspicions)


def test_months_in_six_digits_are_asked_about_however_few_they_are(seen):
    schema = seen({"period": [str(202601 + n % 8) for n in range(ROWS)]})
    assert 'format = "%Y%m"' in dict(schema.suspicions)["period"]
    assert "period" not in dict(seen({"period": [str(202601 + n % 20) for n in range(ROWS)]}).suspicions)


def test_rows_whose_dates_cannot_be_read_are_counted_and_told(seen):
    values = [moment if n % 60 else "soon, I think" for n, moment in enumerate(moments("%d.%m.%Y"))]
    column = seen({"when": values}).column("when")
    assert column.rejected == ROWS // 60
    assert column.summary.endswith("5 rows are rejected, they hold no time in that form")


def test_a_date_that_is_none_is_missing_and_the_end_of_time_is_told(seen):
    values = [value if n % 10 else "00.00.0000" for n, value in enumerate(moments("%d.%m.%Y"))]
    schema = seen({"when": values})
    assert (schema.missing.values[-1], schema.column("when").settings["format"]) == ("00.00.0000", "%d.%m.%Y")
    for never in ("0000-00-00", "9999-12-31"):
        schema = seen({"until": [value if n % 10 else never for n, value in enumerate(moments("%Y-%m-%d"))]})
        assert schema.column("until").settings == {"type": "datetime"}
        assert never in schema.suspicions[0][1]
    assert schema.suspicions == (("until", "'9999-12-31' in 30 rows may stand for no time at all"),)


def test_texts_of_a_writing_without_blanks_are_no_key(seen):
    values = [f"今日の天気は{chr(0x4E00 + number)}です" for number in range(ROWS)]
    schema = seen({"review": values})
    assert (schema.key, schema.column("review").settings) == (None, {"type": "text"})


def test_question_marks_cost_no_column_and_no_row(seen):
    dirty = {f"n{number}": [str(n / 3) if n % 53 != number else "?" for n in range(ROWS)] for number in range(30)}
    raw, text = written(seen(dirty))
    assert raw["table"]["missing_values"][-1] == "?"
    assert raw["table"]["max_rejected_fraction"] == 0.05
    assert {column["type"] for name, column in raw["columns"].items() if name.startswith("n")} == {"number"}
    assert "# '?' in 6 rows of 'n0', where all others are numbers" in text


def test_an_extreme_that_stands_for_nothing_is_told(seen):
    values = [str(number % 40 / 2) if number % 10 else "-200" for number in range(ROWS)]
    schema = seen({"co": values})
    assert dict(schema.suspicions)["co"].startswith("-200 in 30 rows is far from all other values, which end at 0.5")
    assert "min" not in schema.column("co").settings


def test_namibia_stays_a_country(seen):
    codes = ["DE", "FR", "NA", "US", "ZA", "ES", "IT", "PL", "NL", "BE"]
    schema = seen({"country": [codes[number % 10] for number in range(ROWS)]})
    assert "NA" not in written(schema)[0]["table"]["missing_values"]
    assert "code of two letters" in dict(schema.suspicions)[""]


def test_labels_equal_as_numbers_are_equal(seen):
    schema = seen({"y": [["1.0", "0.0", "1", "0"][number % 4] for number in range(ROWS)]})
    assert (schema.task, schema.classes, schema.positive) == ("binary", ("0", "1"), "1")


def test_one_typing_error_is_no_class(seen):
    schema = seen({"y": ["yess", *LABELS[1:]]})
    assert (schema.task, schema.classes, schema.positive) == ("binary", ("no", "yes"), "yes")
    assert "'yess' is taken for a typing error of 'yes': its rows are rejected" in schema.column("y").summary
    schema = seen({"y": ["NO", *LABELS[1:]]})
    assert (schema.task, schema.classes) == ("binary", ("no", "yes"))
    assert "'NO' is read as 'no'" in schema.column("y").summary


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "RowNumber", "__index_level_0__"])
def test_a_numbering_of_rows_is_no_key_and_no_feature(seen, name):
    schema = seen({name: [str(number) for number in range(ROWS)]})
    assert (schema.key, schema.features) == (None, ("x",))
    assert schema.column(name).summary.startswith("numbers the rows")


def test_ids_of_many_digits_are_texts_and_may_be_the_key(seen):
    assert seen({"id": [f"{10**19 + number}" for number in range(ROWS)]}).key == "id"
    schema = seen({"id": [f"{number}.0" for number in range(5000, 5000 + ROWS)]})
    assert (schema.key, schema.column("id").settings["type"]) == ("id", "text")


def test_an_id_that_repeats_is_the_group_or_offered_as_it(seen):
    assert seen({"customer_id": [f"{number % 80}.0" for number in range(ROWS)]}).group == "customer_id"
    schema = seen({"site_id": [str(number % 20) for number in range(ROWS)]})
    assert (schema.group, schema.maybe_groups) == (None, ("site_id",))
    assert "named like an id" in dict(schema.suspicions)["site_id"]


def test_rules_are_no_narrower_than_what_is_sure(seen):
    schema = seen(
        {
            "temperature": [str(number % 30 + 1) for number in range(ROWS)],
            "visits_count": [str(number % 9) for number in range(ROWS)],
            "age": [str(20 + number % 50) for number in range(ROWS)],
            "rooms": [f"{number % 5 + 1}.0" if number % 9 else "" for number in range(ROWS)],
            "flag": [str(number % 2) for number in range(ROWS)],
            "plan": [["basic", "pro"][number % 2] for number in range(ROWS)],
        }
    )
    assert {name: schema.column(name).settings for name in ("temperature", "visits_count", "age", "rooms", "flag", "plan")} == {
        "temperature": {"type": "number"},
        "visits_count": {"type": "integer", "min": 0},
        "age": {"type": "number", "min": 0},
        "rooms": {"type": "number"},
        "flag": {"type": "number"},
        "plan": {"type": "category"},
    }  # fmt: skip


def test_texts_and_categories_of_many_words_are_features(seen):
    schema = seen(
        {
            "review": [f"it was the {number}th time that we came here" for number in range(ROWS)],
            "city": [f"city {number % 90}" for number in range(ROWS)],
            "driver": [f"Ann{number} Lee" for number in range(ROWS)],
            "always": ["1"] * ROWS,
        }
    )
    assert schema.features == ("x", "review", "city")
    assert (schema.column("review").settings["type"], schema.column("city").settings["type"]) == ("text", "category")
    assert "nearly every row has another one" in schema.column("driver").summary
    assert schema.column("always").summary == "always '1'"


def test_amounts_in_a_form_that_is_not_known_are_no_key_and_told(seen):
    schema = seen({"betrag": [f"{number},{number % 90 + 10} zl" for number in range(ROWS)]})
    assert schema.key is None
    assert (
        "most values hold a number, but none that can be read: see source.decimal" in dict(schema.suspicions)["betrag"]
    )


def test_units_are_told_apart_from_numbers(seen):
    schema = seen(
        {"price": [f"${number}.50" for number in range(ROWS)], "share": [f"{number % 100} %" for number in range(ROWS)]}
    )
    assert (schema.column("price").settings, schema.column("share").settings) == (
        {"type": "number", "unit": "$"},
        {"type": "number", "unit": "%"},
    )


def test_three_positives_in_nine_hundred_rows_are_told_with_costs(seen):
    labels = ["fraud" if number in (5, 50, 250) else "legit" for number in range(ROWS)]
    schema = seen({"y": labels})
    assert (schema.positive, schema.positives) == ("fraud", 3)
    assert "class 'fraud' has only 3 rows: too few to learn or to measure" in dict(schema.suspicions)["y"]
    assert "# costs = { false_positive = 1, false_negative = 99 }" in written(schema)[1]


def test_classes_with_two_rows_are_told(seen):
    labels = [["a", "b"][number % 2] if number > 3 else "c" if number < 2 else "d" for number in range(ROWS)]
    assert {text for name, text in seen({"y": labels}).suspicions if name == "y"} == {
        "class 'c' has only 2 rows: too few to learn or to measure",
        "class 'd' has only 2 rows: too few to learn or to measure",
    }


def test_a_target_of_times_or_unread_numbers_is_refused_with_the_reason(seen):
    from contract.errors import DataError

    with pytest.raises(DataError, match=r"must be a number or classes to be predicted, got times such as '2025-01-01'"):
        seen({"y": moments("%Y-%m-%d")})
    with pytest.raises(DataError, match=r"got numbers that cannot be read, such as '1,5 zl'; see source.decimal"):
        seen({"y": [f"{number + 1},5 zl" for number in range(ROWS)]})


def test_rows_of_a_day_that_was_delivered_twice_are_told(tmp_path):
    for day, start in (("2026-11-01", 0), ("2026-11-02", 0), ("2026-11-03", 40)):
        lines = [f"o{number},{number / 3},{'ab'[number % 2]}" for number in range(start, start + 40)]
        (tmp_path / f"{day}.csv").write_text("\n".join(["order_id,x,y", *lines]))
    schema = look_at(open_files([tmp_path]), "y").schema
    assert ("", "40 rows equal one of an earlier file in everything: was a day delivered twice?") in schema.suspicions
