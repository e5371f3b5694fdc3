from types import SimpleNamespace

import pytest
from fake_run import FakeTi, context, left

from microstep_airflow.records import Record, record_failure, records


@pytest.fixture(scope="module")
def train(load_dags):
    return load_dags()["train"]


def failed(train, states, xcoms):
    return records(context(FakeTi(states, xcoms), train), "failed")


def test_a_task_that_fails_leaves_what_happened_where_and_for_which_day():
    pushed = {}
    ti = SimpleNamespace(log_url="http://x", xcom_push=lambda key, value: pushed.update({key: value}))
    error = ValueError("bad")
    error.add_note("at work")
    error.add_note("oh")
    record_failure({"task": SimpleNamespace(day="2026-01-03", by_hand="make x"), "ti": ti, "exception": error})
    [left_behind] = pushed.values()
    assert left_behind == {
        "day": "2026-01-03",
        "message": "bad",
        "link": "http://x",
        "lines": ["at work", "oh"],
        "command": "make x",
    }


def test_an_exception_without_words_is_told_by_its_name():
    pushed = {}
    ti = SimpleNamespace(log_url="http://x", xcom_push=lambda key, value: pushed.update(value))
    record_failure({"task": SimpleNamespace(), "ti": ti, "exception": MemoryError()})
    assert pushed == {"day": None, "message": "MemoryError", "link": "http://x", "lines": [], "command": ""}


def test_a_task_that_was_killed_leaves_nothing():
    record_failure({"task": None, "ti": None})


def test_all_that_failed_is_found_each_mapped_task_with_its_own_words(train):
    states = {"preprocess_0": "success", "preprocess_1": "failed", "preprocess_2": "failed", "train": "upstream_failed"}
    xcoms = {("preprocess", 1): left("one", "2026-01-01"), ("preprocess", 2): left("two", "2026-01-02")}
    assert [(each.task, each.day, each.message) for each in failed(train, states, xcoms)] == [
        ("preprocess", "2026-01-01", "one"),
        ("preprocess", "2026-01-02", "two"),
    ]


def test_a_failed_task_without_a_record_is_told_as_killed(train):
    [found] = failed(train, {"validate": "failed"}, {})
    assert found == Record("validate", None, "killed, or lost; the log may say more", "http://airflow.example/log")


def test_tasks_that_were_skipped_because_of_others_are_not_told(train):
    assert records(context(FakeTi({"validate": "skipped"}), train), "skipped") == []


def test_names_that_begin_alike_are_kept_apart(train):
    states = {"wait_for_raw_data_0": "failed", "wait_for_raw_target_0": "success"}
    xcoms = {("wait_for_raw_data", 0): left("a"), ("wait_for_raw_target", 0): left("b")}
    assert [each.task for each in failed(train, states, xcoms)] == ["wait_for_raw_data"]
