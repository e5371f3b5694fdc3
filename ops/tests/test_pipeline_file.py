import os

import pipeline_file
import pytest
import up
from pipeline_file import what_is_wrong, what_is_wrong_in_a_container

SHIPPED = pipeline_file.ROOT / "pipeline.toml"


def changed(tmp_path, old, new):
    text = SHIPPED.read_text()
    assert old in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new, 1))
    return file


def checkout(tmp_path, python):
    """A checkout with one environment: a script."""
    folder = tmp_path / "checkout" / ".venvs" / "generate" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").write_text(f"#!/bin/sh\n{python}\n")
    (folder / "python").chmod(0o755)
    return tmp_path / "checkout"


def test_the_shipped_file_is_right():
    assert what_is_wrong() == ""


def test_what_an_environment_says_of_the_file_is_told(tmp_path):
    root = checkout(tmp_path, 'echo "$3: table.target must be given" >&2; exit 78')
    assert what_is_wrong(SHIPPED, root) == f"{SHIPPED}: table.target must be given"


@pytest.mark.parametrize("python", ["exit 1", "exit 127"])
def test_an_environment_that_is_half_made_says_nothing_of_the_file(tmp_path, python):
    root = checkout(tmp_path, python)
    assert what_is_wrong(SHIPPED, root) == ""
    assert "must be TOML" in what_is_wrong(changed(tmp_path, "[table]", "[table"), root)


def test_without_an_environment_its_form_is_checked(tmp_path):
    assert what_is_wrong(SHIPPED, tmp_path) == ""
    file = changed(tmp_path, 'name = "microstep"', "name = microstep")
    assert what_is_wrong(file, tmp_path).startswith(f"{file}: must be TOML in UTF-8, is not: ")
    assert "git checkout pipeline.toml" in what_is_wrong(tmp_path / "gone.toml", tmp_path)


def docker(tmp_path, monkeypatch, script):
    (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    # it asks compose for the project's name, and this one answers nothing
    monkeypatch.setattr(pipeline_file, "environment", lambda: dict(os.environ))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 0", ""),
        ("echo no engine >&2; exit 1", ""),
        (
            "echo ' Container x Created' >&2; echo '/config/pipeline.toml: [table] must be there' >&2; exit 78",
            f"{SHIPPED}: [table] must be there",
        ),
    ],
)
def test_a_container_is_asked_where_there_is_no_environment(tmp_path, monkeypatch, script, expected):
    docker(tmp_path, monkeypatch, script)
    assert what_is_wrong_in_a_container() == expected


def test_nothing_is_started_with_a_file_that_cannot_be_read(tmp_path, monkeypatch, capsys):
    docker(tmp_path, monkeypatch, 'case "$*" in *"compose build"*) exit 0;; *) echo "$*" >> "$0.log"; exit 1;; esac')
    monkeypatch.setattr(up, "must_be_ours", lambda: None)
    monkeypatch.setattr(up, "word_of_adoption", lambda _: "")
    monkeypatch.setattr(up, "read", lambda: {up.USER: "1000:1000"})
    monkeypatch.setattr(up, "what_is_wrong_in_a_container", lambda: "pipeline.toml: wrong")
    with pytest.raises(SystemExit) as ended:
        up.main()
    assert ended.value.code == 78
    assert "pipeline.toml: wrong" in capsys.readouterr().err
    assert "up --detach" not in (tmp_path / "docker.log").read_text()
