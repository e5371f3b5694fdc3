import pytest

from contract.config.parse import parse
from contract.errors import DataError
from generate.columns import Contents, are_labels_of_before, check, differ, wanted


def test_the_data_is_every_column_but_the_target_in_the_configurations_order(table):
    assert wanted(parse(table)) == ["id", "age", "plan", "note"]


def test_a_key_that_is_no_column_of_the_configuration_is_needed_too(table):
    del table["columns"]["id"]
    assert wanted(parse(table)) == ["id", "age", "plan", "note"]
    with pytest.raises(DataError, match="x: column 'id' must be there"):
        check("x", ["age", "plan", "left"], parse(table), alone=True)


def test_the_column_that_says_whose_a_row_is_is_needed_though_no_model_sees_it(table):
    table["table"]["group"] = "note"
    with pytest.raises(DataError, match="x: column 'note' must be there"):
        check("x", ["id", "age", "plan", "left"], parse(table), alone=True)


@pytest.mark.parametrize(
    ("names", "contents"),
    [
        (["id", "age", "plan", "note", "left"], Contents(data=True, target=True)),
        (["left", "plan", "age", "id"], Contents(data=True, target=True)),
        (["id", "age", "plan"], Contents(data=True, target=False)),
        (["left", "id"], Contents(data=False, target=True)),
    ],
)
def test_data_and_labels_are_told_apart_by_their_columns(table, names, contents):
    assert check("x", names, parse(table), alone=True) == contents


def test_labels_are_no_data_where_data_is_due(table):
    with pytest.raises(DataError, match="x: column 'age' must be there by pipeline.toml, got 'id', 'left'"):
        check("x", ["id", "left"], parse(table), alone=False)


def test_labels_may_bring_no_other_column_unless_asked(table):
    with pytest.raises(DataError, match=r"x: column 'when' must be in \[columns\]"):
        check("x", ["id", "left", "when"], parse(table), alone=True)
    table["table"]["extra_columns"] = "drop"
    assert check("x", ["id", "left", "when"], parse(table), alone=True) == Contents(data=False, target=True)


def test_a_file_cannot_bring_the_key_that_the_step_makes(table):
    del table["table"]["key"], table["columns"]["id"]
    with pytest.raises(DataError, match="column 'row_key' must be in"):
        check("x", ["row_key", "age", "plan", "left"], parse(table), alone=True)


def test_a_long_list_of_columns_is_cut_in_messages(table):
    with pytest.raises(DataError, match="'c11' and 88 more"):
        check("x", [f"c{number}" for number in range(100)], parse(table), alone=True)


@pytest.mark.parametrize("names", [["row_key", "left"], ["left"], ["id", "left"]])
def test_labels_without_their_rows_need_a_key(table, names):
    del table["table"]["key"], table["columns"]["id"]
    with pytest.raises(DataError, match=r"^x: labels without their rows need table.key, got .* set table.key to"):
        check("x", names, parse(table), alone=True)


def test_columns_without_a_name_are_told_by_their_places():
    with pytest.raises(
        DataError, match=r"^a.csv: columns must have names, got none for those at 1, 3; name or remove them"
    ):
        differ("a.csv", ["", "x", "", "y"])


@pytest.mark.parametrize(
    ("names", "are"),
    [
        (["id", "paid"], True),
        (["id", "paid", "when"], True),
        (["id", "payed"], False),
        (["paid", "when"], False),
        (["id", "paid", "age"], False),
        (["id", "paid", "left"], False),
    ],
    ids=["labels", "and more", "a slip", "without a key", "rows", "also of now"],
)
def test_labels_of_before_are_known_by_the_target_and_key_that_were_asked_for(table, names, are):
    assert are_labels_of_before(names, parse(table), [("id", "left"), ("id", "paid")]) is are


def test_labels_by_a_key_of_before_are_known_where_the_target_is_still_the_same(table):
    assert are_labels_of_before(["nr", "left"], parse(table), [("nr", "left")])
    assert not are_labels_of_before(["nr", "left"], parse(table), [(None, "left")])
