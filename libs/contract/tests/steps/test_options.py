import re

import pytest
from conftest import nothing

from contract.errors import ExitCode
from contract.steps.cli import main
from contract.steps.options import Command, Step


def test_every_option_has_an_environment_variable(tmp_path, config_file, monkeypatch):
    seen = []
    for name, value in {
        "DAY": "2026-01-03", "DATA_ROOT": str(tmp_path), "CONFIG": str(config_file), "FORCE": "1", "LOG_FORMAT": "json",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"MICROSTEP_{name}", value)
    assert main(Step("train", tmp_path, "", seen.append), []) == 0
    assert (seen[0].day, seen[0].root, seen[0].force) == ("2026-01-03", tmp_path, True)


@pytest.mark.parametrize("argv", [["--dya", "2026-01-01"], ["--log-format", "xml"], ["infre"]])
def test_unknown_options_are_wrong_usage(call, argv):
    with pytest.raises(SystemExit) as end:
        call(nothing, *argv)
    assert end.value.code == 64


def test_a_wrong_variable_is_wrong_usage_too(call, monkeypatch):
    monkeypatch.setenv("MICROSTEP_LOG_FORMAT", "xml")
    with pytest.raises(SystemExit) as end:
        call(nothing, "--day", "2026-01-01")
    assert end.value.code == 64


def test_a_variable_that_is_neither_yes_nor_no_is_told(call, monkeypatch, capfd):
    monkeypatch.setenv("MICROSTEP_FORCE", "on")
    with pytest.raises(SystemExit) as end:
        call(nothing, "--day", "2026-01-01")
    assert end.value.code == 64
    assert "MICROSTEP_FORCE: must be one of 1, true, yes, 0, false, no, got 'on'" in capfd.readouterr().err


@pytest.mark.parametrize(("text", "force"), [("", False), ("0", False), ("No", False), ("YES", True), ("true", True)])
def test_a_variable_says_yes_or_no(call, monkeypatch, text, force):
    monkeypatch.setenv("MICROSTEP_FORCE", text)
    seen = []
    assert call(seen.append, "--day", "2026-01-01") == 0
    assert seen[0].force is force


def test_help_shows_what_is_read_and_written_and_examples(call, capsys):
    with pytest.raises(SystemExit):
        call(nothing, "--help")
    text = capsys.readouterr().out
    for part in ("Reads nothing", "docker run", "docker compose run", "MICROSTEP_DATA_ROOT"):
        assert part in text


def test_help_shows_the_default_of_every_option(call, capsys):
    with pytest.raises(SystemExit):
        call(nothing, "--help")
    text = " ".join(capsys.readouterr().out.split())
    for part in (
        "(no default)",
        "(default: /data)",
        "(default: /config/pipeline.toml)",
        "(default: no)",
        "(default: text)",
    ):
        assert part in text


def test_help_shows_every_exit_code_with_its_meaning(call, capsys):
    with pytest.raises(SystemExit):
        call(nothing, "--help")
    shown = re.findall(r"^  (\d+) +(.+)$", capsys.readouterr().out.partition("exit codes:\n")[2], re.MULTILINE)
    assert shown == [(str(code.value), code.meaning) for code in ExitCode]


def test_a_command_of_its_own_needs_no_day(call):
    seen = []
    command = Command("infer", "Look.", lambda parser: parser.add_argument("file"), seen.append)
    assert call(nothing, "infer", "x.csv", commands=[command]) == 0
    assert seen[0].file == "x.csv"


@pytest.mark.parametrize(
    ("argv", "named"), [(["--day", "2026-01-01", "--dya", "2026-01-02"], "--dya"), (["infre", "x.csv"], "infre")]
)
def test_a_step_with_commands_names_what_is_wrong_with_its_call(call, capfd, argv, named):
    command = Command("infer", "Look.", lambda parser: None, nothing)
    with pytest.raises(SystemExit) as end:
        call(nothing, *argv, commands=[command])
    assert end.value.code == 64
    assert named in capfd.readouterr().err.splitlines()[-1]
