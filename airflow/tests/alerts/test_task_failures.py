from types import SimpleNamespace

import pytest
from fake_run import FakeTi, context, failure

from microstep_airflow.alerts.task_failures import KEY, KILLED, TaskFailure, record_failure, task_failures
from microstep_airflow.alerts.texts import LONGEST
from microstep_airflow.schedule.days import DAY


@pytest.fixture(scope="module")
def train(load_dags):
    return load_dags()["train"]


def failed(train, states, xcoms):
    return task_failures(context(FakeTi(states, xcoms), train), "failed")


# try 5, of which one failed before
FAILED_ONCE = SimpleNamespace(get=lambda key: {"max_tries": 100, "try_number": 2, "failed": 1})


def ti_of(pushed):
    keep = lambda key, value: pushed.update({key: value})  # noqa: E731
    return SimpleNamespace(log_url="http://x", try_number=5, max_tries=100, xcom_push=keep)


def test_a_task_that_fails_leaves_what_happened_where_and_for_which_day():
    pushed = {}
    ti = ti_of(pushed)
    error = ValueError("bad")
    error.add_note("at work")
    error.add_note("oh")
    task = SimpleNamespace(day="2026-01-03", by_hand="make x", retries=100)
    record_failure({"task": task, "ti": ti, "exception": error, "task_state_store": FAILED_ONCE})
    [content] = pushed.values()
    assert content == {
        "day": "2026-01-03",
        "message": "bad",
        "link": "http://x",
        "lines": ["at work", "oh"],
        "command": "make x",
        "tries": "Its work failed 2 times. 3 more tries were lost without a message from the step:"
        " Airflow was restarted under them, or their process was killed.",
    }


def test_an_exception_without_words_is_told_by_its_name_and_without_its_tries_when_they_cannot_be_read():
    pushed = {}
    record_failure({"task": SimpleNamespace(), "ti": ti_of(pushed), "exception": MemoryError()})
    assert pushed == {
        KEY: {"day": None, "message": "MemoryError", "link": "http://x", "lines": [], "command": "", "tries": ""}
    }


def test_a_task_that_failed_before_it_had_a_day_does_not_tell_the_template_of_it():
    pushed = {}
    task = SimpleNamespace(day=DAY, by_hand=f"make {DAY}")
    record_failure({"task": task, "ti": ti_of(pushed), "exception": ValueError("day: no")})
    assert (pushed[KEY]["day"], pushed[KEY]["command"]) == (None, "")


def test_what_no_database_keeps_and_what_no_mail_can_hold_is_marked_or_cut():
    pushed = {}
    error = ValueError("NUL \x00, half a \ud800, " + "x" * 10_000)
    error.add_note("\x1b[2J" + "y" * 10_000_000)
    record_failure({"task": SimpleNamespace(), "ti": ti_of(pushed), "exception": error})
    message, [last] = pushed[KEY]["message"], pushed[KEY]["lines"]
    assert message.startswith(r"NUL \u0000, half a \ud800, xxx")
    assert len(message) == len(last) == LONGEST + 1
    assert last.startswith(r"\u001b[2Jyyy")


def test_a_task_that_was_killed_leaves_nothing():
    record_failure({"task": None, "ti": None})


def test_all_that_failed_is_found_each_mapped_task_with_its_own_words(train):
    states = {"preprocess_0": "success", "preprocess_1": "failed", "preprocess_2": "failed", "train": "upstream_failed"}
    xcoms = {("preprocess", 1): failure("one", "2026-01-01"), ("preprocess", 2): failure("two", "2026-01-02")}
    assert [
        (failed_task.task, failed_task.day, failed_task.message) for failed_task in failed(train, states, xcoms)
    ] == [
        ("preprocess", "2026-01-01", "one"),
        ("preprocess", "2026-01-02", "two"),
    ]


def test_a_failed_task_without_a_record_is_told_as_killed(train):
    [failed_task] = failed(train, {"validate": "failed"}, {})
    assert failed_task == TaskFailure("validate", None, KILLED, "http://airflow.example/log")


def test_tasks_that_were_skipped_because_of_others_are_not_told(train):
    assert task_failures(context(FakeTi({"validate": "skipped"}), train), "skipped") == []


def test_names_that_begin_alike_are_kept_apart(train):
    states = {"wait_for_raw_data_0": "failed", "wait_for_raw_target_0": "success"}
    xcoms = {("wait_for_raw_data", 0): failure("a"), ("wait_for_raw_target", 0): failure("b")}
    assert [failed_task.task for failed_task in failed(train, states, xcoms)] == ["wait_for_raw_data"]
