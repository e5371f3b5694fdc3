"""What `make check` gives a step, and what it shows of its words."""

import os
import shutil
import stat
import sys

import pytest
from composed import needs_compose

from pipelines import check


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_only_what_is_of_the_level_info_is_left_out(level, capfd):
    told = f"2026-01-01 00:00:00,000 {level} generate: column 'CUSTOMER INFO ID' must be there\n"
    quiet = "2026-01-01 00:00:00,000 INFO generate: an ERROR of 1 row\n"
    words = [sys.executable, "-c", "import sys; sys.stderr.write(sys.argv[1]); sys.exit(65)", quiet + told]
    assert check._quietly(words, {}) == 65
    assert capfd.readouterr().err == told


DOCKER = """#!/bin/sh
case $1 in
  compose) exec "$REAL" "$@" ;;
  info) echo '{"SecurityOptions": []}' ;;
  run)
    echo "$@" >> "$SEEN/words"
    for word in "$@"; do
      case $word in --volume=*:/data:z) place=${word#--volume=} ;; esac
    done
    cp -a "${place%:/data:z}" "$SEEN/root-$$" ;;
esac
"""


@pytest.fixture
def seen(tmp_path, monkeypatch):
    """What an engine is asked to run, and the folders that it is given; it runs nothing."""
    programs, seen = tmp_path / "programs", tmp_path / "seen"
    programs.mkdir()
    seen.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("REAL", shutil.which("docker"))  # before the other one: settings are read by its compose
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SEEN", str(seen))
    return seen


@pytest.fixture
def rows(tmp_path):
    """A file, and the words that judge it by the pipeline of a file of settings."""
    (tmp_path / "rows.csv").write_text("id\n1\n")
    (tmp_path / "pipeline.toml").write_text('[source]\nkind = "files"\n')
    return tmp_path / "rows.csv", [f"--config={tmp_path / 'pipeline.toml'}", "--day=2026-01-01"]


@needs_compose
def test_nobody_but_the_steps_may_look_into_the_data_root(seen, rows):
    file, options = rows
    assert check.main([*options, str(file)]) == 0
    words = (seen / "words").read_text()
    for root in seen.glob("root*"):
        assert stat.S_IMODE(root.stat().st_mode) == 0o700
        for folder in (root, root / "inbox", root / "inbox" / "2026-01-01"):
            found = folder.stat()
            assert not found.st_mode & stat.S_IWOTH
            assert f"--user={found.st_uid}:{found.st_gid} " in words
    assert len(list(seen.glob("root*"))) == 2


@pytest.mark.parametrize("where", [[], ["--without-docker"]])
def test_files_of_the_same_name_are_refused(where, rows, tmp_path, capsys):
    file, options = rows
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / file.name
    other.write_text("id\n2\n")
    with pytest.raises(SystemExit) as end:
        check.main([*where, *options, str(file), str(other)])
    assert end.value.code == 64
    assert "must be files of different names, as inbox/<day>/ has them, got 'rows.csv' twice" in capsys.readouterr().err


@needs_compose
@pytest.mark.parametrize("name", ["10:30/rows.csv", "10:30.csv", "linked.csv"])
def test_a_colon_that_docker_would_take_for_the_end_of_a_path_is_refused(name, seen, rows, tmp_path, capsys):
    file, options = rows
    (tmp_path / "10:30").mkdir()
    for path in (tmp_path / "10:30" / "rows.csv", tmp_path / "10:30.csv"):
        shutil.copy(file, path)
    (tmp_path / "linked.csv").symlink_to(tmp_path / "10:30.csv")
    with pytest.raises(SystemExit) as end:
        check.main([*options, str(tmp_path / name)])
    assert end.value.code == 64
    assert "must have no colon in its path" in capsys.readouterr().err
    assert not (seen / "words").exists()


@needs_compose
def test_a_pipelines_file_that_is_not_there_is_refused_before_docker_makes_a_folder_of_it(seen, rows, tmp_path, capsys):
    file, _ = rows
    with pytest.raises(SystemExit) as end:
        check.main([f"--config={tmp_path / 'gone.toml'}", str(file)])
    assert end.value.code == 66
    assert "--config: must be the file of a pipeline, got" in capsys.readouterr().err
    assert not (seen / "words").exists()
