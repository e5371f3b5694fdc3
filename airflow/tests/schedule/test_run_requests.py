"""Runs that Airflow itself is asked for: by its API, which its pages use, too, and by its command line."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from conftest import ROOT
from test_runs import Machine

from microstep_airflow.schedule.run_requests import WITH_A_DAY

TODAY = datetime.now(UTC).date()
LAST = TODAY - timedelta(days=1)


WRONG = [
    ({"day": "2999-01-05"}, f"day: must be over, the last one that is in schedule.timezone UTC is {LAST}"),
    ({"day": str(TODAY)}, "must be over"),
    ({"day": "2025-12-31"}, "schedule.first_day 2026-01-01 or later"),
    ({"dya": "2026-01-03"}, "must be day, from, to, force and allow_unfinished at most, got dya"),
    ({"allow_unfinished": True}, "must come with a day"),
    ({"from": "2026-01-03"}, "from and to together"),
    ({"day": ""}, "day"),
    ({"day": "2026-02-30"}, "day"),
    ({"day": ["2026-01-03"]}, "day"),
    ({"day": "2026-01-03", "allow_unfinished": "yes"}, "allow_unfinished"),
]
RIGHT = [
    ("generate", {}),
    ("generate", {"day": None, "allow_unfinished": False}),
    ("predict", {"day": str(LAST)}),
    ("generate", {"from": str(LAST - timedelta(days=3)), "to": str(LAST), "force": True}),
    ("train", {"day": str(TODAY), "allow_unfinished": True}),
    ("maintenance", {"anything": 1}),
]
REFUSED = [(dag, conf) for dag in WITH_A_DAY for conf, _ in WRONG]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """What an Airflow that knows the DAGs said to the command, and to each run of REFUSED and RIGHT; nothing runs in it."""
    text = (ROOT / "pipeline.toml").read_text()
    home = tmp_path_factory.mktemp("asked")
    machine = Machine(home, home, text)
    machine.environment |= {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API_AUTH__JWT_SECRET": "no secret, and longer than the sixty-four bytes that are asked for",
    }
    command = ["dags", "trigger", "predict", "--conf", '{"dya": "2026-01-03"}']
    done = subprocess.run(
        [sys.executable, ROOT / "airflow" / "tests" / "trigger_runs.py"],
        env=machine.environment,
        input=json.dumps({"command": command, "runs": [*REFUSED, *RIGHT]}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    [command_told] = [json.loads(line[8:]) for line in done.stdout.splitlines() if line.startswith("COMMAND ")]
    answers = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    assert len(answers) == len(REFUSED) + len(RIGHT), done.stdout[-3000:] + done.stderr[-3000:]
    return command_told, answers[: len(REFUSED)], answers[len(REFUSED) :]


def test_a_run_that_cannot_do_what_it_is_asked_for_is_refused_where_it_is_asked_for(asked):
    _, answers, _ = asked
    for (status, detail), (conf, words) in zip(answers, WRONG * len(WITH_A_DAY), strict=True):
        assert status == 400, conf
        assert words in detail, conf


def test_a_run_that_can_be_done_is_taken(asked):
    _, _, answers = asked
    assert [status for status, _ in answers] == [200] * len(RIGHT)


def test_the_command_line_refuses_it_with_the_same_words(asked):
    (code, output), _, _ = asked
    assert code != 0
    assert "must be day, from, to, force and allow_unfinished at most, got dya" in output


def test_every_dag_whose_runs_work_on_a_day_is_judged(load_dags):
    assert tuple(name for name, dag in sorted(load_dags().items()) if "day" in dag.params) == WITH_A_DAY
