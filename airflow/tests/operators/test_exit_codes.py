import subprocess
import sys
from datetime import date

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from conftest import ROOT

from contract.errors import ExitCode
from contract.layout import Layout
from contract.lock import exclusive_run
from microstep_airflow.operators.exit_codes import describe, error_line, exception_for
from microstep_airflow.schedule.retries import AtWorkElsewhere, NotThereYet

TAKEN = """
import sys
from datetime import date
from pathlib import Path
from contract.errors import Occupied
from contract.layout import Layout
from contract.lock import exclusive_run
try:
    with exclusive_run(Layout(Path(sys.argv[1])), "train", date(2026, 1, 3)):
        pass
except Occupied as error:
    print(error)
"""
"""A second run of a step and day, which says what it is told."""

LOG = [
    "2026-11-23 18:00:00,123 INFO preprocess: at work",
    "2026-11-23 18:00:01,500 ERROR preprocess: processed/2026-01-03: 12 of 100 rows rejected, at most 5 allowed",
    "2026-11-23 18:00:01,600 INFO preprocess: bye",
]


def test_a_step_that_is_done_raises_nothing():
    assert exception_for(0, LOG) is None


@pytest.mark.parametrize("code", [64, 65, 66, 70, 77, 78])
def test_what_a_retry_cannot_mend_fails_at_once(code):
    assert type(exception_for(code, LOG)) is AirflowFailException


@pytest.mark.parametrize("code", [69, 73, 74, 75])
def test_what_a_retry_can_mend_is_retried(code):
    assert type(exception_for(code, LOG)) is AirflowException


def test_rows_that_are_not_there_yet_are_told_apart_from_other_trouble_that_passes():
    log = ["2026-11-23 18:00:01,500 ERROR generate: source.query: got 0, so they are taken for not there yet"]
    assert type(exception_for(75, log)) is NotThereYet
    assert type(exception_for(65, log)) is AirflowFailException


def test_a_day_that_another_run_has_is_told_apart_from_other_trouble_that_passes(tmp_path):
    layout, day = Layout(tmp_path), date(2026, 1, 3)
    with exclusive_run(layout, "train", day):
        ended = subprocess.run(
            [sys.executable, "-c", TAKEN, str(tmp_path)], capture_output=True, text=True, check=False
        )
    error = exception_for(75, [f"2026-11-23 18:00:01,500 ERROR train: {ended.stdout.strip()}"])
    assert type(error) is AtWorkElsewhere
    assert type(exception_for(75, LOG)) is AirflowException


@pytest.mark.parametrize("code", [130, 137, 139, 143])
def test_an_end_by_a_signal_is_retried(code):
    assert type(exception_for(code, LOG)) is AirflowException


@pytest.mark.parametrize("code", [1, 2, 79, 125, 126, 127])
def test_a_code_that_is_none_of_ours_fails_at_once(code):
    assert type(exception_for(code, LOG)) is AirflowFailException


def test_a_refused_challenger_is_skipped():
    assert type(exception_for(80, LOG)) is AirflowSkipException


def test_every_exit_code_of_the_contract_has_an_outcome_that_was_chosen_above():
    chosen = {0, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78, 80}
    assert {int(code) for code in ExitCode} == chosen


def test_the_message_holds_the_steps_error_line_and_the_code():
    message = str(exception_for(65, LOG))
    assert message == "processed/2026-01-03: 12 of 100 rows rejected, at most 5 allowed (exit 65: data)"


def test_the_last_error_counts_since_it_says_it_all():
    lines = [
        "2026-11-23 18:00:00,123 ERROR train: a bug in train, please report it",
        "Traceback (most recent call last):",
        "ZeroDivisionError: division by zero",
        "2026-11-23 18:00:00,124 ERROR train: ZeroDivisionError: division by zero",
    ]
    assert error_line(lines) == "ZeroDivisionError: division by zero"


def test_without_an_error_in_the_log_the_last_line_is_taken():
    assert error_line(["usage: train [-h]", "train: unrecognized arguments: --dya", ""]) == (
        "train: unrecognized arguments: --dya"
    )


def test_a_step_that_said_nothing_is_told_as_such():
    assert str(exception_for(137, [])) == (
        "the step said nothing (exit 137: killed, most likely because it needed more memory than it may have)"
    )


def test_a_step_out_of_memory_is_told_with_what_it_had_and_where_to_give_it_more():
    assert str(exception_for(137, ["at work"], "2g")) == (
        "at work (exit 137: killed, most likely because it needed more memory than it may have, 2g:"
        " raise MICROSTEP_STEP_MEMORY in .env, then make up)"
    )


@pytest.mark.parametrize(
    ("code", "words"),
    [(66, "66: no input"), (143, "143: ended by signal 15"), (3, "3: not one of Microstep's exit codes")],
)
def test_a_code_is_told_with_its_meaning(code, words):
    assert describe(code) == words


def test_the_error_line_is_found_in_what_the_contract_logs(tmp_path, capfd):
    from pathlib import Path

    from contract.errors import DataError
    from contract.steps.cli import main
    from contract.steps.options import Step

    def work(run):
        raise DataError("raw/2026-01-03: empty")

    step = Step(name="train", package=Path(__file__).parent, summary="Reads x\nWrites y", work=work)
    config = ROOT / "pipeline.toml"
    code = main(step, ["--day", "2026-01-03", "--data-root", str(tmp_path), "--config", str(config)])
    assert error_line(capfd.readouterr().err.splitlines()) == "raw/2026-01-03: empty"
    assert code == 65
