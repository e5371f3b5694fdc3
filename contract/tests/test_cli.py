import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from conftest import nothing

from contract.errors import ConfigError, DataError


def test_a_run_knows_its_day_paths_and_configuration(call, tmp_path):
    seen = []
    assert call(seen.append, "--day", "2026-01-02", "--force") == 0
    run = seen[0]
    assert (run.day, run.force, run.config.table.key) == ("2026-01-02", True, "id")
    assert run.layout.champion == tmp_path / "data" / "models" / "champion.json"


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        ([], 64, "--day: must be given (or MICROSTEP_DAY), as YYYY-MM-DD"),
        (["--day", "2026-1-1"], 64, "--day: must be written YYYY-MM-DD, got '2026-1-1'"),
        (["--day", "2026-02-30"], 64, "--day: no such day in the calendar: '2026-02-30'"),
        (
            ["--day", "2025-12-31"],
            64,
            "--day: must be schedule.first_day 2026-01-01 or later, got 2025-12-31; if there",
        ),
        (["--day", "2026-01-01", "--data-root", "/nowhere"], 66, "--data-root: /nowhere is not a directory; mount it"),
        (["--day", "2026-01-01", "--config", "/nowhere.toml"], 66, "/nowhere.toml: no configuration there"),
    ],
)
def test_a_wrong_call_ends_with_its_code_and_says_why(call, capfd, argv, code, message):
    assert call(nothing, *argv) == code
    assert message in capfd.readouterr().err


def raising(error):
    def work(run):
        raise error

    return work


def test_a_foreseen_end_is_one_line_without_traceback(call, capfd):
    assert call(raising(DataError("raw/x: 3 rows too many")), "--day", "2026-01-01") == 65
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("ERROR train: raw/x: 3 rows too many")


def test_a_bug_ends_with_its_traceback_and_then_one_line(call, capfd):
    assert call(raising(KeyError("x")), "--day", "2026-01-01") == 70
    err = capfd.readouterr().err
    assert "Traceback" in err
    assert err.splitlines()[-1].endswith("ERROR train: KeyError: 'x'")


def test_missing_rights_are_explained_by_owner(call, capfd, tmp_path):
    target = tmp_path / "data" / "models" / "x"
    assert call(raising(PermissionError(13, "Permission denied", str(target))), "--day", "2026-01-01") == 77
    owner = tmp_path.stat()
    assert f"run it with --user {owner.st_uid}:{owner.st_gid}" in capfd.readouterr().err


def test_missing_rights_below_a_directory_that_may_not_be_entered_are_explained_too(call, capfd, tmp_path, monkeypatch):
    closed, stat = tmp_path / "closed", os.stat

    def refuse_below(path, **options):
        if str(path).startswith(f"{closed}/"):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    closed.mkdir()
    monkeypatch.setattr(os, "stat", refuse_below)
    error = PermissionError(13, "Permission denied", str(closed / "a" / "manifest.json"))
    assert call(raising(error), "--day", "2026-01-01") == 77
    assert f"{closed} belongs to" in capfd.readouterr().err


def test_json_logs_are_one_object_a_line(call, capfd):
    assert call(raising(DataError("no")), "--day", "2026-01-01", "--log-format", "json") == 65
    line = json.loads(capfd.readouterr().err)
    assert (line["levelname"], line["name"], line["message"]) == ("ERROR", "train", "no")


TERMINATED = """
    import sys, time
    from pathlib import Path
    from contract.cli import main
    from contract.options import Step
    from contract.publish import DatasetWriter

    def work(run):
        with DatasetWriter(run.layout.model(run.day)):
            print("working", flush=True)
            time.sleep(60)

    sys.exit(main(Step("train", Path("."), "", work)))
"""


def test_sigterm_ends_a_step_cleanly(tmp_path, config_file):
    (tmp_path / "data").mkdir()
    options = ["--day", "2026-01-01", "--data-root", str(tmp_path / "data"), "--config", str(config_file)]
    program = [sys.executable, "-c", textwrap.dedent(TERMINATED), *options]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as step:
        assert step.stdout.readline() == b"working\n"
        step.send_signal(signal.SIGTERM)
        assert step.wait(10) == 143
    assert not (tmp_path / "data" / "models" / "2026-01-01").exists()


def test_sigterm_counts_even_when_a_library_makes_another_error_of_it(call, capfd):
    def work(run):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SystemExit:
            raise ConfigError("cannot be imported") from None

    assert call(work, "--day", "2026-01-01") == 143
    assert "stopped by SIGTERM" in capfd.readouterr().err
