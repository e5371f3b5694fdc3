import json

import pyarrow as pa
import pytest

from contract.errors import DataError
from preprocess import buckets
from preprocess import check as module


def reasons(day):
    return [(line["key"], f"{line['column']}: {line['rule']}") for line in day.table("rejected").to_pylist()]


def test_good_rows_are_typed_in_the_order_of_the_configuration(day):
    day.bring_data(day.rows(2).select(["seen", "city", "plan", "income", "age", "id"]))
    day.process()
    assert [(field.name, str(field.type)) for field in day.table().schema] == [
        ("id", "string"),
        ("age", "int64"),
        ("income", "double"),
        ("plan", "dictionary<values=string, indices=int32, ordered=0>"),
        ("city", "dictionary<values=string, indices=int32, ordered=0>"),
        ("split", "dictionary<values=string, indices=int32, ordered=0>"),
        ("_group", "uint64"),
    ]
    assert day.table().drop_columns(["_group"]).to_pylist() == [
        {"id": "c0", "age": 20, "income": 1000.5, "plan": "small", "city": "Bern", "split": "train"},
        {"id": "c1", "age": 21, "income": 1001.5, "plan": "large", "city": "Rome", "split": "test"},
    ]


def test_each_rejected_row_has_one_reason_the_first_in_the_order_of_the_columns(day):
    columns = {"id": ["a", "a", None, "d", "e", "f"], "age": ["20", "x", "20", "17", "20", "20"]}
    day.bring_data(
        day.rows(
            6, **columns, city=["", *"bcdef"], seen=["2026-11-21"] * 5 + ["soon"], plan=["large"] * 4 + ["tiny"] * 2
        )
    )
    day.raw_config["table"] |= {"max_rejected_fraction": 0.9, "on_new_category": "reject"}
    day.process()
    assert reasons(day) == [
        ("a", "id: duplicate"),
        (None, "id: missing"),
        ("d", "age: below 18"),
        ("e", "plan: not one of small, large"),
        ("f", "plan: not one of small, large"),
    ]
    assert day.table().column("city").to_pylist() == [None]
    counts = day.processed.manifest.counts
    assert (counts["rows_in"], counts["rows_out"], counts["rejected"]) == (6, 1, 5)
    assert counts["rejected_by_rule"] == {
        "age: below 18": 1,
        "id: duplicate": 1,
        "id: missing": 1,
        "plan: not one of small, large": 2,
    }
    assert counts["missing"] == {"age": 0, "income": 0, "plan": 0, "city": 1}


def test_a_word_that_no_list_has_stays_and_is_counted_and_told(day, caplog, monkeypatch):
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    day.bring_data(day.rows(6, plan=["small", "tiny", "SMALL", "huge", "tiny", "N/A"]))
    counts = day.process().manifest.counts
    assert day.table()["plan"].to_pylist() == ["small", "tiny", "small", "huge", "tiny", None]
    assert (counts["rejected"], counts["new_categories"]) == (0, {"plan": 3})
    assert "column plan has words that values does not list, their rows are kept: 'tiny' (2), 'huge' (1)" in caplog.text


def test_the_target_is_a_closed_list_whatever_a_new_category_does(day):
    day.bring_data(day.rows(3))
    day.bring_target({"id": ["c2", "c1"], "bought": ["yes", "maybe"]})
    counts = day.process().manifest.counts
    assert (counts["rejected_by_rule"], counts["new_categories"]) == ({"bought: not one of no, yes": 1}, {})


def test_a_day_with_too_many_rejected_rows_goes_on_with_the_good_ones_where_that_is_asked_for(day, caplog):
    day.raw_config["table"] |= {"max_rejected_fraction": 0.05, "on_too_many_rejected": "predict"}
    day.bring_data(day.rows(10, age=["x", "17", *["30"] * 8]))
    manifest = day.process().manifest
    assert (manifest.counts["rows_out"], manifest.counts["rejected"]) == (8, 2)
    assert manifest.notes["too_many_rejected"].startswith("raw/2026-11-22/data: 2 of 10 rows break a rule (20.0%)")
    assert [record.levelname for record in caplog.records if "2 of 10 rows" in record.message] == ["ERROR"]
    day.bring_data(day.rows(10, age=["x"] * 10))
    with pytest.raises(DataError, match="10 of 10 rows break a rule"):
        day.process()


def test_a_day_with_few_rejected_rows_says_nothing_of_too_many(day):
    day.raw_config["table"] |= {"max_rejected_fraction": 0.5, "on_too_many_rejected": "predict"}
    day.bring_data(day.rows(10, age=["x", *["30"] * 9]))
    assert day.process().manifest.notes == {}


def test_a_column_that_no_model_sees_keeps_its_rules_and_may_be_away(day):
    day.bring_data(day.rows(2, seen=["2026-11-21", "yesterday"]))
    day.process()
    assert reasons(day) == [("c1", "seen: not a date as YYYY-MM-DD, with or without a time")]
    day.bring_data(day.rows(2, observed=None))
    assert day.process().manifest.counts["rejected"] == 0


def test_a_key_is_a_duplicate_across_batches_and_the_first_row_stays(day, monkeypatch):
    monkeypatch.setattr(module, "BATCH_ROWS", 2)
    day.bring_data(day.rows(5, id=["a", "b", "c", "a", "b"], age=["30", "31", "32", "33", "34"]))
    day.process()
    assert day.table().select(["id", "age"]).to_pydict() == {"id": ["a", "b", "c"], "age": [30, 31, 32]}
    assert [line["_row"] for line in day.table("rejected").to_pylist()] == [4, 5]


def test_batches_do_not_change_the_rows(day, monkeypatch):
    day.bring_data(day.rows(50))
    day.bring_target({"id": [f"c{n}" for n in range(50)], "bought": ["no", "yes"] * 25})
    day.process()
    whole = day.table().to_pylist()
    monkeypatch.setattr(module, "BATCH_ROWS", 7)
    day.process(force=True)
    assert day.table().to_pylist() == whole


def test_buckets_do_not_change_the_rows_nor_the_counts(day, monkeypatch):
    day.bring_data(day.rows(50, id=[f"c{n % 45}" for n in range(50)]))
    day.bring_target({"id": [f"c{n % 60}" for n in reversed(range(70))], "bought": ["no", "yes", "oui"] * 23 + ["no"]})
    whole = day.process().manifest
    before = day.tree()
    monkeypatch.setattr(buckets, "BUCKET_ROWS", 4)
    assert day.process(force=True).manifest.identity == whole.identity
    assert {name for name in day.tree() if name != "manifest.json"} == {
        name for name in before if name != "manifest.json"
    }
    assert (whole.counts["labels_repeated"], whole.counts["labels_without_row"]) == (10, 15)


def test_a_row_is_in_the_same_part_whichever_day_and_order(day):
    day.bring_data(day.rows(40))
    day.process()
    first = dict(zip(*day.table().select(["id", "split"]).to_pydict().values(), strict=True))
    day.bring_data(day.rows(40, id=[f"c{n}" for n in reversed(range(40))]))
    day.process()
    assert dict(zip(*day.table().select(["id", "split"]).to_pydict().values(), strict=True)) == first
    assert set(first.values()) == {"train", "test"}


def test_labels_join_by_key_and_rows_without_one_stay(day, caplog):
    caplog.set_level("INFO")
    day.bring_data(day.rows(3))
    day.bring_target({"id": ["c2", "c0", "c9", "c2"], "bought": ["yes", "no", "no", "no"]})
    counts = day.process().manifest.counts
    assert day.table().column("bought").to_pylist() == ["no", None, "yes"]
    assert day.table().schema.field("bought").type == pa.string()
    assert (counts["labelled"], counts["labels_repeated"], counts["labels_without_row"]) == (2, 1, 1)
    assert counts["labelled_by_class"] == {"no": 1, "yes": 1}
    assert "2 labelled, 1 labels for unknown keys, 1 labels repeated, " in caplog.text
    assert counts["missing"]["bought"] == 1


def test_a_label_that_is_no_class_rejects_its_row_and_names_the_labels_place(day):
    day.bring_data(day.rows(3))
    day.bring_target({"id": ["c2", "c1"], "bought": ["yes", "oui"]})
    day.process()
    assert day.table("rejected").to_pylist() == [
        {
            "_file": "inbox/2026-11-22/labels.csv",
            "_row": 2,
            "key": "c1",
            "column": "bought",
            "rule": "not one of no, yes",
            "value": "oui",
        }
    ]
    assert day.processed.manifest.counts["rejected_by_rule"] == {"bought: not one of no, yes": 1}


def test_a_rule_of_an_earlier_column_comes_before_a_bad_label(day):
    day.bring_data(day.rows(2, age=["x", "20"]))
    day.bring_target({"id": ["c0"], "bought": ["oui"]})
    day.process()
    assert reasons(day) == [("c0", "age: not an integer")]


def test_labels_of_a_regression_are_numbers(day):
    day.raw_config["table"] = {"key": "id", "target": "bought", "task": "regression", "max_rejected_fraction": 0.5}
    day.raw_config["columns"]["bought"] = {"type": "number", "min": 0}
    day.bring_data(day.rows(3))
    day.bring_target({"id": ["c0", "c1"], "bought": ["1.5", "-1"]})
    day.process()
    assert day.table().column("bought").to_pylist() == [1.5, None]
    assert reasons(day) == [("c1", "bought: below 0")]


def test_without_a_key_of_its_own_a_table_has_numbered_rows(day):
    del day.raw_config["table"]["key"], day.raw_config["columns"]["id"]
    data = day.bring_data(day.rows(2, id=None, row_key=["2026-11-22-1", "2026-11-22-2"]))
    day.bring_target({"row_key": ["2026-11-22-2"], "bought": ["yes"]}, read_with=data)
    day.process()
    assert day.table().select(["row_key", "bought"]).to_pydict() == {
        "row_key": ["2026-11-22-1", "2026-11-22-2"],
        "bought": [None, "yes"],
    }


def test_the_profile_is_of_the_rows_that_stay(day):
    day.bring_data(day.rows(3, age=["20", "22", "x"]))
    dataset = day.process()
    profile = json.loads(dataset.file("profile").read_text())
    assert profile["rows"] == 2
    assert list(profile["columns"]) == ["age", "income", "plan", "city"]
    assert profile["columns"]["age"]["mean"] == 21


def test_too_many_rejected_rows_stop_the_day_and_leave_nothing(day):
    day.raw_config["table"]["max_rejected_fraction"] = 0.05
    day.bring_data(day.rows(10, age=["x", "17", *["30"] * 8]))
    with pytest.raises(DataError) as error:
        day.process()
    assert str(error.value) == (
        "raw/2026-11-22/data: 2 of 10 rows break a rule (20.0%), table.max_rejected_fraction allows 5.0% and one row "
        "must be left: age: below 18 (1), age: not an integer (1); the first: inbox/2026-11-22/a.csv row 1 (key c0), "
        "column age: not an integer, got 'x'; mend the data, or the rules in pipeline.toml; "
        'to continue without these rows set table.on_too_many_rejected = "predict"'
    )
    assert not day.path.exists()


def test_just_as_many_rejected_rows_as_allowed_are_no_harm(day):
    day.bring_data(day.rows(4, age=["x", "x", "30", "30"]))
    assert day.process().manifest.counts["rejected"] == 2


def test_a_day_whose_rows_are_all_bad_stops_whatever_is_allowed(day):
    day.raw_config["table"]["max_rejected_fraction"] = 1.0
    day.bring_data(day.rows(3, age=["x", "", "200"]))
    with pytest.raises(DataError, match=r"3 of 3 rows break a rule .*one row must be left"):
        day.process()
    assert not day.path.exists()


def test_a_failure_leaves_the_earlier_dataset_as_it_was(day):
    day.bring_data(day.rows(3))
    day.process()
    before = day.tree()
    day.bring_data(day.rows(3, age=["x"] * 3))
    with pytest.raises(DataError):
        day.process()
    assert day.tree() == before


def test_a_slice_that_no_model_sees_is_kept_beside_the_features(day):
    day.raw_config["columns"]["city"]["role"] = "ignore"
    day.bring_data(day.rows(3))
    before = day.process()
    assert "city" not in day.table().column_names
    day.raw_config["gate"] = {"slices": ["city"]}
    assert day.process().manifest.fingerprint != before.manifest.fingerprint
    assert day.table()["city"].to_pylist() == ["Bern", "Rome", "Oslo"]


def test_a_slice_of_a_feature_leaves_a_day_as_it_was(day):
    day.bring_data(day.rows(3))
    before = day.process()
    day.raw_config["gate"] = {"slices": ["city"]}
    assert day.process().manifest.fingerprint == before.manifest.fingerprint


def test_a_slice_that_is_away_is_named(day):
    day.raw_config["columns"]["city"]["role"] = "ignore"
    day.raw_config["gate"] = {"slices": ["city"]}
    day.bring_data(day.rows(3, city=None))
    with pytest.raises(DataError, match="every feature and every slice of pipeline.toml, without city"):
        day.process()


def test_rows_that_could_not_be_read_count_as_rejected_and_are_shown_with_file_and_row(day):
    day.bring_data(day.rows(8), unread=[(3, "must have 7 fields like the header, got 2", "c3,7")])
    dataset = day.process()
    assert {name: dataset.manifest.counts[name] for name in ("rows_in", "rows_out", "rejected")} == {
        "rows_in": 9,
        "rows_out": 8,
        "rejected": 1,
    }
    assert dataset.manifest.counts["rejected_by_rule"] == {"row: must have 7 fields like the header, got 2": 1}
    assert day.table("rejected").to_pylist() == [
        {
            "_file": "inbox/2026-11-22/a.csv",
            "_row": 3,
            "key": None,
            "column": "row",
            "rule": "must have 7 fields like the header, got 2",
            "value": "c3,7",
        }
    ]


def test_too_many_rows_that_could_not_be_read_stop_the_day(day):
    day.bring_data(day.rows(8), unread=[(number, "no row", "x") for number in range(9, 20)])
    with pytest.raises(
        DataError, match=r"11 of 19 rows break a rule .*: row: no row \(11\); the first: .*a.csv row 9: no"
    ):
        day.process()


def test_numbers_are_read_in_the_form_of_the_source_and_with_their_unit(day):
    day.raw_config["source"] |= {"decimal": ",", "thousands": "."}
    day.raw_config["columns"]["income"]["unit"] = "EUR"
    day.bring_data(day.rows(3, income=["1.234,50 EUR", "2,5", ""]))
    day.process()
    assert day.table()["income"].to_pylist() == [1234.5, 2.5, None]
    assert day.processed.manifest.settings["numbers"] == {"decimal": ",", "thousands": "."}


def test_labels_are_numbers_in_the_form_of_the_source(day):
    day.raw_config["source"]["decimal"] = ","
    day.raw_config["columns"]["bought"] = {"type": "number", "unit": "%"}
    day.raw_config["table"] |= {"task": "regression"}
    del day.raw_config["table"]["positive"]
    day.bring_data(day.rows(2, income=["1,5", "2"]))
    day.bring_target({"id": ["c0", "c1"], "bought": ["12,5%", "-3 %"]})
    day.process()
    assert day.table()["bought"].to_pylist() == [12.5, -3]
