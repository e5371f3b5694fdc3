"""Which version of the head a machine has: `make worker` writes it down, and `make up` may bring another one."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import settings

from microstep_airflow.machines.version import FITS, HEADS, of_the_head, other_versions, why_not_here

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "machines"
    folder.mkdir()
    (folder / HEADS).write_text('{"revision": "r1"}\n')
    return folder


def on(machine, fits, folder):
    """The environment of an Airflow on some machine."""
    return {
        "MICROSTEP_HOST_ROOT": "/srv/microstep",
        "MICROSTEP_CONFIG": str(folder.parent / "pipeline.toml"),
        "MICROSTEP_MACHINE": machine,
        FITS: fits,
    }


def test_a_step_starts_where_the_heads_version_is_and_nowhere_else(folder):
    fits = of_the_head(folder)
    assert why_not_here(on("b", fits, folder)) == ""
    (folder / HEADS).write_text('{"revision": "r2"}\n')
    why = why_not_here(on("b", fits, folder))
    assert "b: must have the head's version" in why
    assert "make worker" in why


def test_a_machine_that_was_started_by_an_earlier_version_starts_no_step(folder):
    assert why_not_here(on("b", "", folder))


@pytest.mark.parametrize("environment", [{}, {"MICROSTEP_MACHINE": "head"}])
def test_the_head_and_a_stack_of_one_machine_are_not_asked(environment):
    assert why_not_here(environment) == ""


def test_machines_with_another_version_are_named(folder):
    here = replace(settings(), config=folder.parent / "pipeline.toml", has_workers=True)
    fits = of_the_head(folder)
    (folder / "b.env").write_text(f"MICROSTEP_MACHINE=b\n{FITS}={fits}\n")
    (folder / "c.env").write_text(f"MICROSTEP_MACHINE=c\n{FITS}=0123456789abcdef\n")
    (folder / "d.env").write_text("MICROSTEP_MACHINE=d\n")
    assert other_versions(here) == ["c", "d"]


def test_the_version_is_what_make_worker_writes_down(folder, monkeypatch):
    """The tools of make and Airflow have no code in common, so each says it for itself."""
    monkeypatch.syspath_prepend(str(ROOT / "ops"))
    from cluster import machine_file

    assert machine_file.version(folder) == of_the_head(folder) != ""
    assert (machine_file.FITS, machine_file.MACHINE, machine_file.HEADS) == (FITS, "MICROSTEP_MACHINE", HEADS)
    assert importlib.util.find_spec("cluster") is not None


def test_a_name_of_a_machine_has_one_form_in_make_and_in_airflow(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "ops"))
    from cluster import names as of_make

    from microstep_airflow.machines import names

    assert of_make.NAME.pattern == names.NAME
    assert of_make.HEAD == names.HEAD
