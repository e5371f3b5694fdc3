import pytest

from generate.infer.types import names


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        (names.is_id, ["id", "customerID", "order_no", "Unnamed: 0", "", "Kontonr", "Kundennummer", "Nr.", "id_cliente", "MRN", " id "], ["paid", "humid", "number_of_rooms", "know"]),
        (names.is_owner, ["customer_id", "patientID", "machine", "MRN", "Kontonr", "meter_no", "SmartMeter", "GasMeterId", "water_meter"], ["rooms", "price", "Savings", "class name", "force_diameter", "Parameter", "perimeter", "kilometers", "height_in_meters"]),
        (names.is_index, ["", "Unnamed: 0", "Unnamed: 0.1", "__index_level_0__"], ["id", "index", "unnamed"]),
        (names.is_row_number, ["RowNumber", "row_id", "index", "X", "rownames", "lfd. Nr."], ["id", "order_no", "row_house"]),
        (names.is_count, ["cnt", "visit_count", "num_children", "numberOfRooms", "n_calls"], ["country", "number", "account", "discount"]),
        (names.is_amount, ["age", "Tenure", "trip_distance", "tenure_months"], ["temperature", "page", "balance", "image"]),
        (names.is_time, ["ts", "created_at", "orderDate", "timestamp"], ["status", "rate", "lifetime_value_x", "treatment"]),
        (names.is_called, ["name", "e-mail", "firstName", "street"], ["renamed", "streets", "kind"]),
    ],
)  # fmt: skip
def test_a_name_says_what_a_column_is(rule, yes, no):
    assert [name for name in yes if not rule(name)] == []
    assert [name for name in no if rule(name)] == []


def test_a_truth_is_known_in_any_case_and_in_some_languages():
    assert [names.is_true(word) for word in ("TRUE", "Nein", "j", "0", "x", "10")] == [
        True,
        False,
        True,
        False,
        None,
        None,
    ]
