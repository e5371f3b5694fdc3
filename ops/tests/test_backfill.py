"""`make backfill` asks Airflow for days, in words that no time zone changes."""

import json
import subprocess
import sys
from types import SimpleNamespace

import backfill
import pytest
from world import ROOT


@pytest.fixture
def asked(monkeypatch):
    """Runs the command on a stack that is up; what Airflow was asked for."""
    calls = []

    def compose(*words, check=True):
        calls.append(words)
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(backfill, "compose", compose)
    monkeypatch.setattr(backfill, "is_up", lambda: True)
    monkeypatch.setattr(backfill, "must_be_ours", lambda: None)
    monkeypatch.setattr(backfill, "end_tidily_when_asked_to", lambda: None)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["backfill", *words])
        assert backfill.main() == 0
        return [(call[call.index("trigger") + 1], json.loads(call[-1])) for call in calls]

    return run


def test_both_ends_are_asked_for_as_days_of_generate_and_predict(asked):
    conf = {"from": "2026-11-01", "to": "2026-11-22"}
    assert asked("2026-11-01", "2026-11-22") == [("generate", conf), ("predict", conf)]


def test_one_dag_may_be_named_and_work_be_done_again(asked):
    conf = {"from": "2026-11-01", "to": "2026-11-22", "force": True}
    assert asked("--dag=train", "--force", "--", "2026-11-01", "2026-11-22") == [("train", conf)]


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        ("FROM=2026-11-01 TO=", "TO: must be a day, written YYYY-MM-DD, got ''"),
        ("FROM=2026-02-30 TO=2026-03-01", "FROM: must be a day, written YYYY-MM-DD, got '2026-02-30'"),
        ("FROM=2026-11-01T00:00 TO=2026-11-02", "FROM: must be a day, written YYYY-MM-DD, got '2026-11-01T00:00'"),
        ("FROM=20261101 TO=2026-11-02", "FROM: must be a day, written YYYY-MM-DD, got '20261101'"),
    ],
)
def test_what_is_no_day_is_refused_before_the_stack_is_asked(words, refusal):
    done = subprocess.run(["make", "backfill", *words.split()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode
    assert refusal in done.stderr
