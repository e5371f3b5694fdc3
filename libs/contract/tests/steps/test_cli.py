import errno
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

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
        (
            ["--day", "2026-01-01", "--data-root", "/nowhere"],
            66,
            "--data-root: /nowhere is not a directory; make it (mkdir), or mount it",
        ),
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


@pytest.mark.parametrize(
    ("owner", "todo"),
    [
        ((1500, 1600), "run it with --user 1500:1600"),
        ((0, 0), "change its owner on the host: sudo chown -R {ours} data/models"),
    ],
    ids=["a person's", "root's, and no step should run as root"],
)
def test_missing_rights_are_explained_by_owner(call, capfd, tmp_path, monkeypatch, owner, todo):
    folder, stat = tmp_path / "data" / "models", os.stat
    folder.mkdir()

    def belongs(path, **options):
        status = stat(path, **options)
        return os.stat_result([*status[:4], *owner, *status[6:]]) if Path(path) == folder else status

    monkeypatch.setattr(os, "stat", belongs)
    assert call(raising(PermissionError(13, "Permission denied", str(folder / "x"))), "--day", "2026-01-01") == 77
    ours = f"{os.getuid()}:{os.getgid()}"
    assert capfd.readouterr().err.endswith(
        f"{folder} belongs to {owner[0]}:{owner[1]}, this process runs as {ours}; {todo.format(ours=ours)}\n"
    )


def test_a_file_that_is_closed_is_opened_not_run_as_its_owner(call, capfd, tmp_path, monkeypatch):
    file = tmp_path / "pipeline.toml"
    file.touch()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK)  # root may read all
    assert call(raising(PermissionError(13, "Permission denied", str(file))), "--day", "2026-01-01") == 77
    assert capfd.readouterr().err.endswith("; let all read it: chmod +r pipeline.toml\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT], ids=["full", "quota"])
def test_a_full_disk_is_named_with_its_room_though_the_writing_library_names_no_file(call, capfd, tmp_path, number):
    error = OSError(number, "Error writing bytes to file")
    assert call(raising(error), "--day", "2026-01-01") == 73
    [line] = capfd.readouterr().err.splitlines()
    assert re.search(rf"a file below {re.escape(str(tmp_path))}\S*: .* has [\d,.]+ of [\d,.]+ MB left", line)
    assert line.endswith("then run this again: nothing is half-written, and what was there before is kept")


@pytest.mark.parametrize(("number", "code"), [(errno.EROFS, 73), (errno.EIO, 74)], ids=["read-only", "damaged"])
def test_a_disk_that_is_not_well_is_named_too(call, capfd, tmp_path, number, code):
    assert call(raising(OSError(number, "Error writing bytes to file")), "--day", "2026-01-01") == code
    [line] = capfd.readouterr().err.splitlines()
    assert f"{tmp_path}/data has " in line
    assert line.endswith("what was there before is kept")


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


def test_characters_that_command_a_terminal_are_written_out_in_messages_and_tracebacks(call, capfd):
    assert call(raising(DataError("raw/a\x1b[2J\n2026 ERROR forged\x9b\u202e")), "--day", "2026-01-01") == 65
    written = capfd.readouterr().err
    assert written.endswith("ERROR train: raw/a\\u001b[2J\\u000a2026 ERROR forged\\u009b\\u202e\n")
    assert len(written.splitlines()) == 1
    assert call(raising(ValueError("a\x1b[2J")), "--day", "2026-01-01") == 70
    written = capfd.readouterr().err
    assert "\x1b" not in written
    assert "ValueError: a\\u001b[2J\n" in written
    assert call(raising(DataError("a\x1b\x9b")), "--day", "2026-01-01", "--log-format", "json") == 65
    assert json.loads(capfd.readouterr().err)["message"] == "a\x1b\x9b"


def test_a_librarys_warning_is_a_line_of_the_log_like_any_other(call, capfd):
    assert (
        call(lambda run: warnings.warn("no glyph for \x1b[2J", UserWarning, stacklevel=1), "--day", "2026-01-01") == 0
    )
    written = capfd.readouterr().err.splitlines()
    assert len(written) == 1
    assert "WARNING warnings: UserWarning: no glyph for \\u001b[2J (" in written[0]


def test_json_logs_are_one_object_a_line(call, capfd):
    assert call(raising(DataError("no")), "--day", "2026-01-01", "--log-format", "json") == 65
    line = json.loads(capfd.readouterr().err)
    assert (line["levelname"], line["name"], line["message"]) == ("ERROR", "train", "no")


TERMINATED = """
    import sys, time
    from pathlib import Path
    from contract.steps.cli import main
    from contract.steps.options import Step
    from contract.datasets.publish import DatasetWriter

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


@pytest.mark.parametrize("says", ["pipeline.toml: training.metric must suit", "raw/x: must be there"])
def test_an_error_names_the_configuration_that_was_given(call, capfd, tmp_path, says):
    def work(run):
        raise ConfigError(says)

    assert call(work, "--day", "2026-01-02") == 78
    expected = says.replace("pipeline.toml", str(tmp_path / "pipeline.toml"))
    assert capfd.readouterr().err.endswith(f" ERROR train: {expected}\n")
