"""What ./microstep decides before a step takes over, and how its words are completed by a real shell."""

import os
import shutil
import subprocess
from pathlib import Path

import launch
import pytest
from checkout.steps import added, summary

ROOT = Path(__file__).parents[2]
COMPLETION = ROOT / "ops" / "microstep-completion.bash"


class Became(Exception):
    """A step has taken this process's place."""


@pytest.fixture
def started(monkeypatch):
    """What has taken this process's place: words and environment."""
    seen = []

    def become(program, words, env):
        seen.append((program, words, env))
        raise Became

    monkeypatch.setattr(launch, "_make", lambda step: None)
    monkeypatch.setattr(os, "execve", become)
    for name in [name for name in os.environ if name.startswith("MICROSTEP_")]:
        monkeypatch.delenv(name)
    return seen


@pytest.fixture
def several(monkeypatch):
    """Two pipelines."""
    monkeypatch.setattr(launch, "names", lambda: ("churn", "orders"))
    monkeypatch.setattr(launch, "all_of", lambda: ("churn", "orders"))
    monkeypatch.setattr(launch, "refuse_both", lambda: None)


def call(*words):
    """Call it as if a step never came back."""
    try:
        return launch.main(words)
    except SystemExit as end:
        return end.code


def become(*words):
    with pytest.raises(Became):
        launch.main(words)


def test_alone_it_shows_every_step_and_what_is_typed_most(capsys):
    assert call() == 0
    told = capsys.readouterr().out
    assert all(f"\n  {step} " in told for step in launch.STEPS)
    assert "./microstep train --day 2026-11-22 --dry-run" in told
    assert max(map(len, told.splitlines())) <= 120


@pytest.mark.parametrize(
    ("word", "hint"),
    [("trian", "did you mean 'train'?"), ("--dya", "'--dya' is not an option"), ("plam", "did you mean 'plan'?")],
)
def test_an_unknown_step_is_wrong_usage_with_the_nearest_one(word, hint, capsys):
    assert call(word) == 64
    assert hint in capsys.readouterr().err


def test_a_step_gets_its_words_its_environment_and_the_lone_pipelines_places(started):
    become("train", "--day", "2026-11-22", "--force")
    ((program, words, env),) = started
    assert program == words[0] == str(ROOT / ".venvs" / "train" / "bin" / "python")
    assert words[1:] == ["-m", "train", "--day", "2026-11-22", "--force"]
    assert (env["MICROSTEP_CONFIG"], env["MICROSTEP_DATA_ROOT"]) == (str(ROOT / "pipeline.toml"), str(ROOT / "data"))
    assert env["PYTHONPATH"].split(":")[-1] == str(ROOT / "services" / "train")
    assert "PYTHONDONTWRITEBYTECODE" not in env


def test_what_is_set_already_stays(started, monkeypatch):
    monkeypatch.setenv("MICROSTEP_DATA_ROOT", "/elsewhere")
    become("predict", "--day", "2026-11-22")
    assert started[0][2]["MICROSTEP_DATA_ROOT"] == "/elsewhere"


@pytest.mark.parametrize(
    "words",
    [
        ["--pipeline", "orders", "train"],
        ["train", "--pipeline", "orders"],
        ["train", "--pipeline=orders"],
    ],
)
def test_of_several_pipelines_one_is_named_before_or_after_the_step(started, several, words):
    become(*words, "--day", "2026-11-22")
    ((_, given, env),) = started
    assert given[3:] == ["--day", "2026-11-22"]
    assert env["MICROSTEP_CONFIG"] == str(ROOT / "pipelines" / "orders.toml")
    assert env["MICROSTEP_DATA_ROOT"] == str(ROOT / "data" / "orders")
    assert env["MICROSTEP_SQL_URL_FILE"] == str(ROOT / "secrets" / "sql" / "orders" / "sql_url")


def test_of_several_pipelines_none_is_guessed(started, several, capsys, monkeypatch):
    assert call("train", "--day", "2026-11-22") == 64
    assert "--pipeline: must be one of churn, orders; write --pipeline churn" in capsys.readouterr().err
    assert call("train", "--pipeline", "order") == 64
    assert "did you mean 'orders'?" in capsys.readouterr().err
    assert call("train", "--pipeline") == 64
    monkeypatch.setenv("MICROSTEP_PIPELINE", "churn")
    become("train", "--day", "2026-11-22")
    assert started[-1][2]["MICROSTEP_CONFIG"] == str(ROOT / "pipelines" / "churn.toml")


def test_help_and_infer_need_no_pipeline(started, several):
    become("train", "--help")
    become("generate", "infer", "my.csv", "--target", "x")
    assert all("MICROSTEP_CONFIG" not in env for _, _, env in started)
    assert len(started) == 2


@pytest.mark.parametrize("command", [["adopt"], ["rollback", "--to", "2026-11-22"]])
def test_what_an_option_is_given_does_not_take_the_pipeline_away(started, command):
    become("validate", *command, "--why", "infer")
    assert started[0][2]["MICROSTEP_CONFIG"] == str(ROOT / "pipeline.toml")


def test_its_steps_are_the_pipelines():
    assert tuple(launch.STEPS) == tuple(steps_of_the_contract())


def steps_of_the_contract():
    """The services, in the order that the contract has them."""
    text = (ROOT / "libs/contract/contract/layout.py").read_text()
    line = next(line for line in text.splitlines() if line.startswith("STEPS = "))
    return eval(line.partition(" = ")[2])


def completed(*words, shell="bash", home=ROOT):
    """What a real shell offers for the last word."""
    line = " ".join(words)
    program = (
        f'source "{COMPLETION}"; COMP_WORDS=({" ".join(f"{word!r}" for word in words)}); '
        f'COMP_CWORD={len(words) - 1}; COMP_LINE={line!r}; _microstep; printf "%s\\n" "${{COMPREPLY[@]}}"; '
        "complete -p microstep"
    )
    done = subprocess.run([shell, "-c", program], cwd=home, capture_output=True, text=True, check=True)
    *offered, registered = done.stdout.split("\n")[:-1]
    assert registered == "complete -o bashdefault -o default -F _microstep microstep"
    return [word for word in offered if word]


@pytest.fixture
def enriched(tmp_path, monkeypatch):
    """A checkout with a step that somebody has added."""
    (tmp_path / "services" / "enrich" / "enrich").mkdir(parents=True)
    for step in ("enrich", "train"):
        (tmp_path / "services" / step).mkdir(exist_ok=True)
        (tmp_path / "services" / step / "Dockerfile").touch()
    (tmp_path / "services" / "enrich" / "enrich" / "__init__.py").write_text('"""Count what lacks.\\n\\nMore."""\n')
    monkeypatch.setattr(launch, "added", lambda: added(tmp_path))
    monkeypatch.setattr(launch, "summary", lambda step: summary(step, tmp_path))
    shutil.copy(ROOT / "microstep", tmp_path / "microstep")
    return tmp_path


def test_a_step_that_somebody_has_added_is_one_like_the_others(started, enriched, capsys):
    become("enrich", "--day", "2026-11-22")
    assert started[0][1][1:] == ["-m", "enrich", "--day", "2026-11-22"]
    assert started[0][2]["PYTHONPATH"].endswith("services/enrich")
    assert started[0][2]["MICROSTEP_CONFIG"] == str(ROOT / "pipeline.toml")
    assert call() == 0
    assert "\n  enrich       Count what lacks\n" in capsys.readouterr().out
    assert call("enrihc") == 64
    assert "did you mean 'enrich'?" in capsys.readouterr().err


def test_of_an_added_step_without_a_docstring_the_readme_tells(enriched):
    (enriched / "services" / "enrich" / "enrich" / "__init__.py").write_text("")
    assert summary("enrich", enriched) == ""
    (enriched / "services" / "enrich" / "README.md").write_text("# enrich\n\nCounts what lacks.\n")
    assert summary("enrich", enriched) == "Counts what lacks"


def test_an_added_step_is_completed_with_the_options_of_all_steps(enriched):
    assert completed("./microstep", "en", home=enriched) == ["enrich"]
    assert completed("./microstep", "tr", home=enriched) == ["train"]
    assert completed("./microstep", "enrich", "--da", home=enriched) == ["--data-root", "--day"]
    assert completed("./microstep", "enrihc", "--da", home=enriched) == []


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["./microstep", "tr"], ["train"]),
        (["./microstep", "train", "--da"], ["--data-root", "--day"]),
        (["./microstep", "train", "--dr"], ["--dry-run"]),
        (["./microstep", "generate", "in"], ["infer"]),
        (["./microstep", "generate", "infer", "--ta"], ["--target"]),
        (["./microstep", "--pipeline", "x", "validate", "roll"], ["rollback"]),
        (["./microstep", "validate", "rollback", "--dr"], []),
        (["./microstep", "train", "--log-format", "j"], ["json"]),
        (["./microstep", "check", "--mo"], ["--most"]),
        (["./microstep", "completion", ""], ["bash", "zsh"]),
    ],
    ids=" ".join,
)
def test_bash_completes(words, offered):
    assert completed(*words) == offered


def test_bash_completes_the_pipelines_that_there_are(tmp_path):
    (tmp_path / "pipelines").mkdir()
    for name in ("churn", "orders"):
        (tmp_path / "pipelines" / f"{name}.toml").write_text("")
    shutil.copy(ROOT / "microstep", tmp_path / "microstep")
    assert completed("./microstep", "train", "--pipeline", "", home=tmp_path) == ["churn", "orders"]


def test_the_script_for_zsh_begins_with_what_zsh_needs(capsys):
    assert call("completion", "zsh") == 0
    told = capsys.readouterr().out
    assert told.startswith("autoload -U +X compinit")
    assert told.endswith(COMPLETION.read_text())
    assert call("completion", "fish") == 64
    assert "must be of bash or zsh, got fish" in capsys.readouterr().err
