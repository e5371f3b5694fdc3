import os

import pytest
import up

WANTED = {"MICROSTEP_USER": "1234:1234", "MICROSTEP_HOST_ROOT": "/srv/microstep"}


def test_missing_settings_are_added_behind_what_is_there():
    assert up.completed("MICROSTEP_MAIL_PORT=1081", WANTED) == (
        "MICROSTEP_MAIL_PORT=1081\nMICROSTEP_USER=1234:1234\nMICROSTEP_HOST_ROOT=/srv/microstep\n"
    )


def test_what_a_person_set_stays():
    settings = "MICROSTEP_USER=7:7\nMICROSTEP_HOST_ROOT=/elsewhere\n"
    assert up.completed(settings, WANTED) == settings


def test_a_setting_that_is_commented_out_is_not_set():
    assert "\nMICROSTEP_USER=1234:1234\n" in up.completed("# MICROSTEP_USER=7:7\n", WANTED)


def test_the_user_of_the_steps_is_the_owner_of_the_data(tmp_path):
    assert up.owner(tmp_path) == (f"{os.getuid()}:{os.getgid()}" if os.getuid() else "1000:1000")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_the_user_of_the_steps_follows_the_owner(tmp_path):
    os.chown(tmp_path, 1234, 4321)
    assert up.owner(tmp_path) == "1234:4321"


def test_the_revision_is_a_commit():
    assert up.revision().removesuffix("-dirty").isalnum()


@pytest.mark.parametrize(("answer", "found"), [("echo false", True), ("echo true", False), ("exit 1", False)])
def test_a_network_of_an_earlier_version_is_noticed(tmp_path, monkeypatch, answer, found):
    """Compose would keep it as it is, with its way out."""
    (tmp_path / "docker").write_text(f"#!/bin/sh\n{answer}\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert up.has_way_out("microstep-steps") is found
