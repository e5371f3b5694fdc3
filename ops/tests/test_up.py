import ast
import importlib
import os
import re
import subprocess

import pytest
import up
from checkout import labels


def test_a_missing_setting_is_added_behind_what_is_there_of_which_no_byte_changes(tmp_path):
    for text in ("", "A=1", "A=1\n", "# MICROSTEP_USER=7:7\r\nA='x'\r\n"):
        file = tmp_path / ".env"
        file.write_bytes(text.encode())
        up.add(file, "MICROSTEP_USER", "1234:1234")
        begin = text if text.endswith("\n") or not text else f"{text}\n"
        assert file.read_bytes().decode() == f"{begin}MICROSTEP_USER=1234:1234\n"


def test_what_a_person_has_closed_to_others_or_put_behind_a_link_stays_so(tmp_path):
    real, link = tmp_path / "elsewhere", tmp_path / ".env"
    real.write_text("A=1\n")
    real.chmod(0o600)
    link.symlink_to(real)
    up.add(link, "B", "2")
    assert (real.read_text(), real.stat().st_mode & 0o777, link.is_symlink()) == ("A=1\nB=2\n", 0o600, True)


def test_the_user_of_the_steps_is_the_owner_of_the_data(tmp_path):
    assert up.owner(tmp_path) == (f"{os.getuid()}:{os.getgid()}" if os.getuid() else "1000:1000")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_the_user_of_the_steps_follows_the_owner(tmp_path):
    os.chown(tmp_path, 1234, 4321)
    assert up.owner(tmp_path) == "1234:4321"


@pytest.fixture
def repository(tmp_path):
    """A checkout with a file of an image and files of the user."""

    def git(*words):
        who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"]
        return subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet")
    (tmp_path / "services/train").mkdir(parents=True)
    (tmp_path / "services/train/code.py").write_text("1")
    (tmp_path / "pipeline.toml").write_text("a = 1")
    git("add", ".")
    git("commit", "--quiet", "--message=one")
    return tmp_path, git


def test_the_revision_is_the_commit_that_last_changed_an_image(repository):
    root, git = repository
    first = git("rev-parse", "HEAD").strip()
    assert labels.revision(root) == first
    (root / "services/train/code.py").write_text("2")
    git("commit", "--quiet", "--all", "--message=two")
    assert labels.revision(root) == git("rev-parse", "HEAD").strip() != first


def test_what_the_user_changes_or_commits_is_no_part_of_the_revision(repository):
    root, git = repository
    first = labels.revision(root)
    (root / "pipeline.toml").write_text("a = 2")
    for name in (".env", "data/x", "secrets/sql/url", "docker-compose.override.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("mine")
    assert labels.revision(root) == first
    git("add", ".")
    git("commit", "--quiet", "--message=mine")
    assert labels.revision(root) == first


@pytest.mark.parametrize("name", ["services/train/code.py", "libs/contract/new.py"])
def test_a_change_to_what_goes_into_an_image_marks_the_revision(repository, name):
    root, _ = repository
    first = labels.revision(root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("changed")
    assert labels.revision(root) == f"{first}-dirty"


def test_outside_git_the_revision_is_unknown(tmp_path):
    assert labels.revision(tmp_path) == "unknown"


def test_every_build_that_is_told_its_revision_is_made_from_what_the_revision_counts():
    text = (up.ROOT / "docker-compose.yml").read_text()
    contexts = set(re.findall(r"(?:context|images|contract|analysis): (\w+)(?:/[\w-]+)?[ ,}\n]", text))
    assert contexts == set(labels.BUILT_FROM)


@pytest.mark.parametrize(("answer", "way_out"), [("echo false", True), ("echo true", False), ("exit 1", False)])
def test_a_network_of_an_earlier_version_is_noticed(tmp_path, monkeypatch, answer, way_out):
    """Compose would keep it as it is, with its way out."""
    (tmp_path / "docker").write_text(f"#!/bin/sh\n{answer}\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert up.has_way_out("microstep-steps") is way_out


@pytest.fixture
def unhealthy(monkeypatch):
    """A stack whose images are built, and of which a part does not become healthy; what is done, in its order."""
    done = []

    def run(words, **_):
        done.append(words[2])
        return subprocess.CompletedProcess(words, 0 if "build" in words else 1)

    for name in ("must_be_ours", "word_of_adoption", "files_must_be_readable", "must_be_here"):
        monkeypatch.setattr(up, name, lambda *_, **__: "")
    for name in ("has_way_out", "cluster"):
        monkeypatch.setattr(up, name, lambda *_: False)
    monkeypatch.setattr(up, "as_typed", lambda: "docker compose")
    monkeypatch.setattr(up, "read", lambda: {up.USER: "1:1", up.ELSEWHERE: ""})
    monkeypatch.setattr(up, "project", lambda: "microstep")
    monkeypatch.setattr(up, "labels", lambda: {"MICROSTEP_REVISION": "r1"})
    monkeypatch.setattr(up, "environment", dict)
    monkeypatch.setattr(up.subprocess, "run", run)
    monkeypatch.setattr(up, "tell_the_others", lambda revision: done.append(f"tell {revision}"))
    monkeypatch.setattr(up, "name_the_others", lambda: done.append("name"))
    return done


def test_other_machines_are_told_of_a_new_version_before_its_first_task_and_whatever_becomes_of_it(
    unhealthy, monkeypatch
):
    monkeypatch.setattr(up, "cluster", lambda: "10.0.0.11")
    assert up.main() == 1
    assert unhealthy == ["build", "tell r1", "up", "name"]


def test_a_machine_alone_tells_nobody(unhealthy):
    assert up.main() == 1
    assert unhealthy == ["build", "up"]


@pytest.mark.parametrize("files", ["", "COMPOSE_FILE=docker-compose.yml:docker-compose.celery.yml "])
def test_what_to_type_about_parts_that_are_not_healthy_is_for_every_part_of_the_stack(
    unhealthy, monkeypatch, capsys, files
):
    monkeypatch.setattr(up, "as_typed", lambda: f"{files}docker compose")
    assert up.main() == 1
    said = capsys.readouterr().err
    assert f"type: {files}docker compose ps --all, then {files}docker compose logs PART" in said


def test_what_several_machines_start_by_in_their_tests_is_there():
    """A program in a string, which neither type checker nor linter reads; the suite itself takes hours."""
    whole = ast.parse((up.ROOT / "tests/machines/several.py").read_text())
    (text,) = (node.value for node in whole.body if isinstance(node, ast.Assign) and node.targets[0].id == "_UP")
    taken = [node for node in ast.parse(text.value).body if isinstance(node, ast.ImportFrom)]
    assert taken
    for node in taken:
        for name in node.names:
            assert hasattr(importlib.import_module(node.module), name.name), f"from {node.module} import {name.name}"
