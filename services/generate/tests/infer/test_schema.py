import pyarrow as pa
import pytest

from contract.errors import DataError, UsageError
from generate.infer.column_stats import ColumnStats
from generate.infer.schema import infer_schema


def stats_of(columns):
    stats = []
    for name, values in columns.items():
        column = ColumnStats(name, floating=False)
        column.add(pa.array(values))
        stats.append(column)
    return stats


@pytest.fixture
def columns():
    """A hundred rows that a model could be made from."""
    return {
        "id": [f"c{number}" for number in range(100)],
        "size": [str(number / 2) for number in range(100)],
        "y": ["no", "no", "yes", "no"] * 25,
    }


def inferred(columns, target="y", key=None, group=None):
    return infer_schema("a.csv", stats_of(columns), target, key, group)


def column(columns, name, **options):
    return next(schema for schema in inferred(columns, **options).columns if schema.name == name)


def test_a_table_with_key_number_and_two_classes(columns):
    table = inferred(columns)
    assert (table.rows, table.key, table.task, table.positive) == (100, "id", "binary", "yes")
    assert table.classes == ("no", "yes")
    assert {schema.name: schema.settings for schema in table.columns} == {
        "id": {"type": "text", "role": "ignore"},
        "size": {"type": "number"},
        "y": {"type": "category", "values": ["no", "yes"]},
    }


def test_a_table_without_an_id_has_no_key(columns):
    del columns["id"]
    assert inferred(columns).key is None


def test_the_key_may_be_given_and_must_not_be_the_target(columns):
    assert inferred(columns | {"n": columns["size"]}, key="size").key == "size"
    with pytest.raises(UsageError, match="--key: must differ from --target, got 'y' twice"):
        inferred(columns, key="y")


def test_a_named_id_wins_over_another_unique_column(columns):
    assert inferred({"code": [f"x{number}" for number in range(100)]} | columns).key == "id"


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["no", "yes", "yes", "yes"], "binary", ("no", "yes")),
        (["1", "0", "0", "0"], "binary", ("0", "1")),
        (["a", "b", "c", "c"], "multiclass", ("a", "b", "c")),
        (["10", "9", "2", "2"], "multiclass", ("2", "9", "10")),
        (["1.0", "0.0", "2", "2.0"], "multiclass", ("0", "1", "2")),
        (["1.0", "0", "0.0", "1"], "binary", ("0", "1")),
        (["1.5", "0.5", "2.5", "2.5"], "regression", ()),
        ([True, False, False, None], "binary", ("false", "true")),
    ],
)
def test_the_targets_values_tell_the_task(columns, values, task, classes):
    table = inferred(columns | {"y": values * 25})
    assert (table.task, table.classes) == (task, classes)


def test_many_whole_numbers_are_a_quantity(columns):
    assert inferred(columns | {"y": [str(number % 20) for number in range(100)]}).task == "multiclass"
    assert inferred(columns | {"y": [str(number % 21) for number in range(100)]}).task == "regression"


@pytest.mark.parametrize(
    ("values", "positive"),
    [(["no", "yes", "yes"], "yes"), (["0", "1", "1"], "1"), (["stay", "go", "stay"], "go"), (["b", "a"], "a")],
)
def test_the_positive_class_says_yes_or_is_the_rarer_one(columns, values, positive):
    assert inferred({"size": list(range(len(values))), "y": values}).positive == positive


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["same"] * 100, "a.csv: column 'y' must have at least two different values to be predicted, got 1"),
        ([None] * 100, "a.csv: column 'y' must have at least two different values to be predicted, got 0"),
        ([f"t{number}" for number in range(100)], "a.csv: column 'y' must have at most 50 different texts to be predicted, got 100"),
        (["x" * 300] * 100, "a.csv: column 'y' must have at most 50 different texts to be predicted, got long texts"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_predicted_is_refused(columns, values, message):
    with pytest.raises(DataError, match=message):
        inferred(columns | {"y": values})


def test_a_hundred_classes_that_come_often_are_some(columns):
    often = {name: values * 20 for name, values in columns.items() if name != "id"}
    assert len(inferred(often | {"y": [f"t{number % 100}" for number in range(2000)]}).classes) == 100
    with pytest.raises(DataError, match="must have at most 50 different texts to be predicted, got 101"):
        inferred(often | {"y": [f"t{number % 101}" for number in range(2000)]})


def test_a_table_without_a_feature_is_refused(columns):
    del columns["size"]
    with pytest.raises(
        DataError,
        match="a.csv: must have a number, a category, a time or a text to predict 'y' from, got none; left out are: 'id'",
    ):
        inferred(columns)


@pytest.mark.parametrize(
    ("values", "settings", "summary"),
    [
        (["1", "-2.5"] * 50, {"type": "number"}, "2 distinct, -2.5 to 1"),
        (["0", "1"] * 50, {"type": "number"}, "2 distinct, 0 to 1"),
        (["5"] * 100, {"type": "number", "role": "ignore"}, "always '5'"),
        (["5", " "] * 50, {"type": "category"}, "50 of 100 missing, 1 distinct: '5' or nothing"),
        (["X", ""] * 50, {"type": "category"}, "50 of 100 missing, 1 distinct: 'X' or nothing"),
        (["look here"] + [""] * 99, {"type": "text", "role": "ignore"}, "always 'look here'"),
        (["seen"] * 98 + [""] * 2, {"type": "text", "role": "ignore"}, "always 'seen'"),
        (["12.50-", "3.25"] * 50, {"type": "number"}, "2 distinct, -12.5 to 3.25"),
        (["(1.50)", "2"] * 50, {"type": "number"}, "2 distinct, -1.5 to 2"),
        (["-$1.50", "$2"] * 50, {"type": "number", "unit": "$"}, "2 distinct, -1.5 to 2"),
        (["2-", "3-", "2", "1"] * 25, {"type": "category"}, "4 distinct"),
        (["2+", "3+", "2", "1"] * 25, {"type": "category"}, "4 distinct"),
        ([*map(str, range(90)), *["90+"] * 10], {"type": "number", "unit": "+"}, "91 distinct, 0 to 90; with '+' or without, 5 is 5"),
        ([f"{number % 24:02}:{number % 60:02}" for number in range(100)], {"type": "datetime", "format": "%H:%M"}, "100 distinct, written as %H:%M"),
        (["5", "7", "", "7"] * 25, {"type": "number"}, "25 of 100 missing, 2 distinct, 5 to 7"),
        (["7", "8"] * 49 + ["9", "x"], {"type": "number"}, "4 distinct, 7 to 9; 1 rows are rejected, they hold no number: 'x'"),
        (["$5.00", "$7"] * 50, {"type": "number", "unit": "$"}, "2 distinct, 5 to 7"),
        (["b", "a"] * 50, {"type": "category"}, "2 distinct"),
        (["b", "a"] * 48 + ["c"] * 4, {"type": "category"}, "3 distinct"),
        ([f"t{number % 21} x" for number in range(100)], {"type": "category"}, "21 distinct"),
        ([f"t{number} x" for number in range(100)], {"type": "text", "role": "ignore"}, "100 distinct; nearly every row has another one, as names do: too many for a category"),
        ([f"the {number}th of many words" for number in range(100)], {"type": "text"}, "100 distinct: text of about 5 words each"),
        ([f"\u660e\u65e5\u306e\u5929\u6c17\u306f{chr(0x4e00 + number)}" for number in range(100)], {"type": "text"}, "100 distinct: text of about 7 characters each"),
        ([""] * 100, {"type": "text", "role": "ignore"}, "empty in every row"),
        (["x" * 201] * 100, {"type": "text", "role": "ignore"}, "values of more than 200 characters without blanks are no text to read"),
        ([f"t{number} x" for number in range(99)] + ["x" * 201], {"type": "text", "role": "ignore"}, "values of more than 200 characters among others of a word or two are no text to read"),
        ([f"Bear, river {number}" for number in range(99)] + ["bear " * 50], {"type": "text"}, "long values: text of about 3 words each"),
        (["word " * 50] * 100, {"type": "text"}, "long values: text of about 50 words each"),
        (["2026-01-01", "2026-01-02"] * 50, {"type": "datetime"}, "2 distinct, as YYYY-MM-DD"),
        (["22.11.2026", "1.2.2026"] * 50, {"type": "datetime", "format": "%d.%m.%Y"}, "2 distinct, written as %d.%m.%Y"),
        ([f"{number // 10},{number % 10}0 zl" for number in range(100)], {"type": "text", "role": "ignore"}, "100 distinct; numbers with marks or a unit that are not known, such as '0,00 zl'"),
    ],
)  # fmt: skip
def test_a_column_becomes_what_its_values_are(columns, values, settings, summary):
    schema = column(columns | {"c": values}, "c")
    assert (schema.settings, schema.summary) == (settings, summary)


@pytest.mark.parametrize("form", ["{}/80", "48.{}, 11.5", "POINT({} 7.5)", "2025-X{}", "{}h 5m"])
def test_numbers_that_stand_together_are_left_out_for_that_and_not_as_names(columns, form):
    schema = column(columns | {"c": [form.format(number) for number in range(100)]}, "c")
    assert schema.ignored
    assert "several numbers in one" in schema.summary
    assert "write numbers alone" in schema.suspicions[0]


WORDS = ["read", "ski", "cook", "run", "sing", "swim", "hike"]


@pytest.mark.parametrize("form", ["{0},{1}", "{0};{1}", "{0}|{1}", '["{0}","{1}"]'])
def test_answers_with_several_boxes_are_texts_of_their_items(columns, form):
    mark = form.partition("{0}")[2].partition("{1}")[0]
    words = [[word for bit, word in enumerate(WORDS) if number & 2**bit] for number in range(1, 101)]
    start, end = form.partition("{0}")[0], form.partition("{1}")[2]
    answers = [f"{start}{mark.join(chosen)}{end}" for chosen in words]
    found = column(columns | {"c": answers}, "c")
    assert (found.settings, found.summary) == ({"type": "text"}, "100 distinct: some of 7 words in each")


def test_lists_that_come_often_and_names_of_two_words_are_none(columns):
    places = [f"Town{number},Land{number % 40}" for number in range(100)]
    assert column(columns | {"c": places}, "c").ignored
    answers = [", ".join(word for bit, word in enumerate(WORDS) if number & 2**bit) for number in range(60, 120)] * 10
    many = {name: values * 6 for name, values in columns.items() if name != "id"}
    assert column(many | {"c": answers}, "c").settings == {"type": "category"}


@pytest.mark.parametrize("form", ["({},234.50)", "{}/80", "48.{},11.5", "10.0.0.{}"])
def test_amounts_and_places_are_no_key_though_each_comes_once(columns, form):
    others = {name: values for name, values in columns.items() if name != "id"}
    assert inferred(others | {"c": [form.format(number) for number in range(100)]}).key is None
    assert inferred(others | {"c": [f"2026/{number:04}" for number in range(100)]}).key == "c"


def test_a_second_id_that_is_a_number_is_no_feature(columns):
    schema = column(columns | {"shop_id": [str(1000 + number % 60) for number in range(100)]}, "shop_id")
    assert schema.settings == {"type": "text", "role": "ignore"}


def test_a_given_key_that_repeats_much_is_taken_for_one_of_many_days(columns):
    table = inferred(columns | {"shop": ["a", "b"] * 50}, key="shop")
    assert table.max_rejected_fraction == 0.05


def test_repeated_keys_are_told(columns):
    schema = column(columns | {"id": [*columns["id"][:-1], "c0"]}, "id")
    assert (
        schema.summary
        == "the key: 99 distinct in 100 rows; of rows with the same key on one day only the first is kept"
    )


def test_the_share_of_rejected_rows_leaves_room_for_todays_dirt(columns):
    assert inferred(columns).max_rejected_fraction == 0.05
    dirty = {f"n{number}": ["7", "8"] * 49 + ["5x", "6x"] for number in range(3)}
    assert inferred(columns | dirty).max_rejected_fraction == 0.12


def test_question_marks_are_missing_values_and_reject_no_row(columns):
    table = inferred(columns | {f"n{number}": [str(n) for n in range(98)] + ["?", "?"] for number in range(30)})
    assert table.max_rejected_fraction == 0.05
    assert table.missing.values[-1] == "?"


def visits(columns, name, things=60, rows=300, form="{}"):
    """More rows, each with a thing of which there are fewer."""
    several = {key: (values * 3)[:rows] for key, values in columns.items()}
    several["id"] = [f"v{number}" for number in range(rows)]
    return several | {name: [form.format(number % things) for number in range(rows)]}


@pytest.mark.parametrize(
    ("name", "form"), [("customer_id", "{}"), ("patientID", "p{}"), ("customer", "c{}"), ("machine", "{}")]
)
def test_whose_a_row_is_is_known_by_a_name_that_comes_back(columns, name, form):
    for key in ("id", None):
        table = visits(columns, name, form=form)
        if key is None:
            del table["id"]
        schema = inferred(table)
        assert (schema.key, schema.group, schema.maybe_groups) == (key, name, ())
        assert name not in schema.features
        assert column(table, name).settings["role"] == "ignore"
        assert column(table, name).summary == "what a row belongs to: 60 in 300 rows"


@pytest.mark.parametrize(
    ("name", "things", "form"), [("street", 60, "s{}"), ("site_id", 20, "{}"), ("site_id", 20, "s{}")]
)
def test_names_that_may_mean_it_and_names_of_few_things_stay_a_question(columns, name, things, form):
    schema = inferred(visits(columns, name, things, form=form))
    assert (schema.group, schema.maybe_groups) == (None, (name,))


@pytest.mark.parametrize(
    ("name", "things", "form"),
    [
        ("contract", 3, "c{}"),
        ("account_age", 60, "{}"),
        ("customer_visits", 60, "{}"),
        ("plan_no", 5, "{}"),
        ("customer_id", 300, "{}"),
        ("note", 60, "a longer note {}"),
        ("customer_since", 60, "2026-01-01T00:00:{:0>2}"),
    ],
)
def test_categories_quantities_and_what_never_comes_back_are_no_groups(columns, name, things, form):
    schema = inferred(visits(columns, name, things, form=form))
    assert (schema.group, schema.maybe_groups) == (None, ())


def test_of_several_the_finest_owner_is_taken_and_the_others_are_named(columns):
    table = visits(columns, "product_id", 80)
    table |= {
        "customer_id": [str(number % 70) for number in range(300)],
        "household": [f"h{n % 55}" for n in range(300)],
    }
    schema = inferred(table)
    assert (schema.group, schema.maybe_groups) == ("customer_id", ("household", "product_id"))


def test_a_given_group_is_taken_and_must_not_be_the_target(columns):
    assert inferred(visits(columns, "customer_id") | {"x": columns["size"] * 3}, group="size").group == "size"
    with pytest.raises(UsageError, match="--group: must differ from --target, got 'y' twice"):
        inferred(columns, group="y")


def test_a_given_key_that_comes_back_says_itself_whose_its_rows_are(columns):
    schema = inferred(visits(columns, "customer_id"), key="customer_id")
    assert (schema.key, schema.group, schema.maybe_groups) == ("customer_id", None, ())
