"""The command line is the same for every step."""

import json
import re

import pytest
from chain import DAY
from images import run

VARIABLES = {
    "--day": "MICROSTEP_DAY",
    "--data-root": "MICROSTEP_DATA_ROOT",
    "--config": "MICROSTEP_CONFIG",
    "--force": "MICROSTEP_FORCE",
    "--dry-run": "MICROSTEP_DRY_RUN",
    "--log-format": "MICROSTEP_LOG_FORMAT",
}
EXIT_CODES = (0, 64, 65, 66, 69, 70, 73, 74, 75, 77, 78, 80)


def test_help_says_what_the_step_reads_and_writes_and_all_that_it_can_be_told(step):
    ended = run(step, "--help")
    assert ended.code == 0
    assert re.search(r"^Reads .*\n(.*\n)*Writes ", ended.out, re.MULTILINE)
    for option, variable in VARIABLES.items():
        assert option in ended.out
        assert variable in ended.out
    assert {code for code in EXIT_CODES if not re.search(rf"\b{code}\b", ended.out)} == set()


def test_help_has_an_example_with_this_image(step):
    examples = run(step, "--help").out.partition("examples:")[2]
    assert f"microstep-{step} --day 20" in examples
    assert f"docker compose run --rm {step} --day 20" in examples


def test_version_names_the_image_and_its_revision(step):
    ended = run(step, "--version", env={"MICROSTEP_REVISION": "0123abc"})
    assert (ended.code, ended.out) == (0, f"microstep-{step} 0123abc\n")


def test_without_a_word_it_shows_what_is_typed_most_and_is_not_done(step):
    ended = run(step)
    assert (ended.code, ended.out) == (64, "")
    assert re.search(r"^Reads ", ended.err, re.MULTILINE)
    assert ended.err.count(f"\n    microstep-{step} ") == 2
    assert "--day: must be given" in ended.err


def test_a_dry_run_of_what_is_done_tells_that_and_of_what_is_due_what_it_would_write(step, chain, config, tmp_path):
    for folder in ("done", "due"):
        (tmp_path / folder).mkdir()
    done = run(step, "--day", DAY, "--dry-run", data=chain.after(step, tmp_path / "done"), config=config)
    assert (done.code, "up to date" in done.err) == (0, True)
    due = run(step, "--day", DAY, "--dry-run", data=chain.before(step, tmp_path / "due"), config=config)
    assert due.code == 0, due.err
    assert "would write " in due.err


def test_an_unknown_option_is_wrong_usage(step):
    ended = run(step, "--day", DAY, "--dya", DAY)
    assert ended.code == 64
    assert "--dya" in ended.err


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (None, "--day: must be given"),
        ("22.11.2026", "YYYY-MM-DD, got '22.11.2026'"),
        ("2026-1-5", "YYYY-MM-DD, got '2026-1-5'"),
        ("2026-02-30", "no such day in the calendar: '2026-02-30'"),
    ],
    ids=["missing", "malformed", "one digit", "not in the calendar"],
)
def test_a_wrong_day_is_wrong_usage(step, empty, config, day, says):
    ended = run(step, *(["--day", day] if day else []), data=empty, config=config)
    assert ended.code == 64
    assert says in ended.err


def test_an_unknown_log_format_is_wrong_usage_in_the_variable_too(step, empty, config):
    ended = run(step, "--day", DAY, data=empty, config=config, env={"MICROSTEP_LOG_FORMAT": "xml"})
    assert ended.code == 64
    assert "'xml'" in ended.err


def test_every_option_has_a_variable(step, after, config):
    env = {
        "MICROSTEP_DAY": DAY,
        "MICROSTEP_DATA_ROOT": "/elsewhere",
        "MICROSTEP_CONFIG": "/elsewhere.toml",
        "MICROSTEP_FORCE": "1",
        "MICROSTEP_LOG_FORMAT": "json",
    }
    ended = run(step, mounts=[f"{after}:/elsewhere", f"{config}:/elsewhere.toml:ro"], env=env)
    assert ended.code == 0, ended.err
    assert "up to date" not in ended.err  # MICROSTEP_FORCE was heard
    assert all(json.loads(line) for line in ended.err.splitlines())  # MICROSTEP_LOG_FORMAT was heard


def test_json_logs_are_one_object_a_line(step, before, config):
    ended = run(step, "--day", DAY, "--log-format", "json", data=before, config=config)
    assert ended.code == 0, ended.err
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert lines
    assert all({"asctime", "levelname", "name", "message"} <= set(line) for line in lines)


def test_json_logs_hold_the_error_too(step, empty, config):
    ended = run(step, "--log-format", "json", "--day", "2026-02-30", data=empty, config=config)
    assert json.loads(ended.err.splitlines()[-1])["levelname"] == "ERROR"
