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
