"""Settings that are read late: `make doctor` and `make up` judge them before anything starts."""

import re
from pathlib import Path

import pytest
from checkout.settings import names_that_are_read
from machine.values import judge_values

ROOT = Path(__file__).parents[2]
KNOWN = names_that_are_read()


def judged(cpus=4, names=frozenset(), **settings):
    settings = {f"MICROSTEP_{name}": text for name, text in settings.items()}
    return [f"{found.subject}: {found.state}" for found in judge_values(settings, names, KNOWN, cpus)]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("POOL_SLOTS", ["0", "-1", "many", "2.5"]),
        ("PARALLELISM", ["0", "-1", "many", "2.5"]),
        ("STEP_MEMORY", ["2048", "2Gi", "2GB", "lots", "1.5g", "0"]),
        ("STEP_CPUS", ["half", "0", "0,5", "-1", "5", "1e1"]),
        ("SCHEDULE", ["maybe", "off", "no"]),
        ("SQL_INTERNAL", ["maybe", "1"]),
        ("ENGINE_ELSEWHERE", ["yes", "True"]),
        ("USER", ["ada", "1000:", "-1:0"]),
    ],
)
def test_what_nothing_can_work_by_is_a_lack_with_its_name_rule_and_value(name, texts):
    for text in texts:
        [found] = judged(**{name: text})
        assert re.fullmatch(rf"MICROSTEP_{name}: must be .+, got {re.escape(repr(text))}", found)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("POOL_SLOTS", ["1", "16"]),
        ("PARALLELISM", ["1", "64"]),
        ("STEP_MEMORY", ["2g", "512M", "6m", "2147483648"]),
        ("STEP_CPUS", ["0.5", "1", "4", "4.0"]),
        ("SCHEDULE", ["true", "False", "0"]),
        ("SQL_INTERNAL", ["true", "no"]),
        ("ENGINE_ELSEWHERE", ["true"]),
        ("USER", ["1000:1000", "0:0", "1000"]),
        ("SMTP", ["smtp://u:p@mail.example.com:587?disable_ssl=true", '{"conn_type": "smtp"}']),
    ],
)
def test_what_works_and_what_is_not_set_is_not_spoken_of(name, texts):
    assert [judged(**{name: text}) for text in ["", *texts]] == [[]] * (len(texts) + 1)


def test_of_a_wrong_mail_server_the_password_is_not_shown():
    [found] = judged(SMTP="ada:hunter2@mail.example.com")
    assert found.startswith("MICROSTEP_SMTP: must be smtp://host:port")
    assert "hunter2" not in found


def test_two_pages_at_one_port_are_a_lack_though_one_has_its_usual_port():
    assert judged(AIRFLOW_PORT="5000") == ["MICROSTEP_MLFLOW_PORT: is 5000, and so is MICROSTEP_AIRFLOW_PORT"]


def test_a_name_that_nobody_reads_is_noted_with_the_one_that_may_be_meant():
    names = frozenset(["MICROSTEP_STEPMEMORY", "MICROSTEP_STEP_CPUS"])
    [found] = judge_values({}, names, KNOWN, 4)
    assert (found.subject, found.needed) == ("MICROSTEP_STEPMEMORY", False)
    assert found.remedy == "sed -i s/MICROSTEP_STEPMEMORY/MICROSTEP_STEP_MEMORY/ .env"


def test_every_setting_of_the_example_is_read_and_good():
    example = dict(re.findall(r"^# (MICROSTEP_\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert len(example) > 10
    assert judge_values(example, frozenset(example), KNOWN, 4) == []
