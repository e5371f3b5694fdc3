"""What pipeline.toml takes for a cron expression, against what Airflow takes."""

import random
import warnings
from datetime import UTC, datetime

from airflow.exceptions import AirflowTimetableInvalid
from croniter import CroniterError, croniter

from contract.config.when import check_cron
from microstep_airflow.schedule.days import timetable

ALIASES = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@quarterly", "@yearly", "@annually")
FIELDS = [
    *("*", "?", "0", "1", "5", "7", "8", "12", "13", "23", "24", "31", "32", "59", "60", "x", "1.5", ""),
    *("mon", "jan", "fri", "sun", "mon-fri", "jan-mar", "fri-mon", "sat-sun", "mon/2", "mon,fri"),
    *("1-5", "5-1", "1-9/3", "1-40", "0-7", "6-7", "7-1", "1-", "-1", "*-3", "1,2", "*,1"),
    *("*/5", "1/5", "*/0", "*/70", "L", "l", "L,1", "L5", "5#2", "fri#2", "5#6", "#", "5#2,1"),
]


def taken_by_airflow(expression):
    try:
        timetable(expression, "UTC")
        croniter(expression, datetime(2026, 1, 1, tzinfo=UTC)).get_next()
    except (AirflowTimetableInvalid, CroniterError):
        return False
    return True


def taken_by_the_contract(expression):
    try:
        check_cron(expression)
    except ValueError:
        return False
    return True


def test_an_expression_is_taken_exactly_where_airflow_takes_it():
    rng = random.Random(1)
    strange = set()
    for _ in range(5000):
        fields = ["0", "0", "*", "*", "*"]
        for number in rng.sample(range(5), rng.choice([1, 1, 2])):
            fields[number] = rng.choice(FIELDS)
        expression = " ".join(fields)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = taken_by_airflow(expression)
        ours = taken_by_the_contract(expression)
        if ours != theirs:
            strange.add(expression)
    # days of the month beside the n-th day of the week are more than most mean, and are never due for many
    assert {expression for expression in strange if "#" not in expression and "L5" not in expression} == set()
    assert not [expression for expression in strange if taken_by_the_contract(expression)]


def test_the_words_of_the_contract_are_airflows():
    assert [word for word in ALIASES if not taken_by_airflow_as_word(word)] == []


def taken_by_airflow_as_word(word):
    timetable(word, "UTC").validate()
    return True
