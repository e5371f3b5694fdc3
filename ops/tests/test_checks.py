import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from composed import ROOT, needs_compose
from machine.checks import BASES, BROKER, GIB, judge_demo, judge_stack
from machine.findings import Engine, Machine

ENGINE = Engine(version="26.1.5+dfsg1", compose="2.26.1-4", buildx="0.13.1", memory=16 * GIB, images=BASES)
MACHINE = Machine(python=(3, 11), has_venv=True, free_disk=50 * GIB, ports={"MICROSTEP_MLFLOW_PORT": 5000})


def lacking(findings):
    return {finding.subject: finding.remedy for finding in findings if finding.lacks}


def noted(findings):
    return {finding.subject: finding.remedy for finding in findings if finding.remedy and not finding.lacks}


def test_a_machine_with_all_that_is_needed_lacks_nothing():
    findings = judge_demo(MACHINE) + judge_stack(MACHINE, ENGINE)
    assert lacking(findings) == noted(findings) == {}
    assert {"python", "engine", "compose", "memory", "free disk", "port 5000", *BASES} <= {f.subject for f in findings}


@pytest.mark.parametrize(
    ("engine", "state", "remedy"),
    [
        (Engine(command=False), "no docker command", "sudo make docker"),
        (
            Engine(trouble="dial unix /var/run/docker.sock: connect: permission denied"),
            "no right",
            "usermod -aG docker",
        ),
        (Engine(trouble="Is the docker daemon running?"), "does not answer", "systemctl start docker"),
        (replace(ENGINE, version="24.0.7"), "24.0.7", "install engine 25.0 or newer"),
    ],
)
def test_what_is_wrong_with_the_engine_is_told_apart(engine, state, remedy):
    finding = judge_stack(MACHINE, engine)[0]
    assert finding.lacks
    assert state in finding.state
    assert remedy in finding.remedy


def test_of_a_silent_engine_nothing_more_is_guessed_but_the_machine_is_judged_all_the_same():
    findings = judge_stack(replace(MACHINE, free_disk=GIB), Engine(command=False))
    assert [finding.subject for finding in findings] == [
        *("engine", ".env", "MICROSTEP_HOST_ROOT", "pipeline.toml", "free disk", "port 5000", "files for containers")
    ]
    assert set(lacking(findings)) == {"engine", "free disk"}


@pytest.mark.parametrize(("compose", "enough"), [("2.24.0", True), ("v2.30.3", True), ("2.20.2", False), ("", False)])
def test_compose_must_be_there_and_new_enough(compose, enough):
    findings = judge_stack(MACHINE, replace(ENGINE, compose=compose))
    assert ("compose" not in lacking(findings)) == enough


def test_an_engine_that_cannot_give_containers_a_first_process_is_found_out():
    assert "tini" in lacking(judge_stack(MACHINE, replace(ENGINE, init=False)))["first process for containers"]


def test_tight_memory_is_noted_and_too_little_is_a_lack():
    assert "memory" in noted(judge_stack(MACHINE, replace(ENGINE, memory=6 * GIB)))
    assert "memory" in lacking(judge_stack(MACHINE, replace(ENGINE, memory=3 * GIB)))


def test_a_base_image_that_is_not_here_is_noted_since_it_can_be_pulled():
    findings = judge_stack(MACHINE, replace(ENGINE, images=BASES[1:]))
    assert list(noted(findings)) == [BASES[0]]
    assert lacking(findings) == {}


@pytest.mark.parametrize(("address", "needed"), [("", []), ("10.99.0.11", [BROKER])])
def test_the_brokers_image_is_looked_for_on_the_head_of_several_machines_alone(address, needed):
    machine = replace(MACHINE, settings={"MICROSTEP_CLUSTER_ADDRESS": address})
    assert [name for name in noted(judge_stack(machine, ENGINE)) if "valkey" in name] == needed


@needs_compose
@pytest.mark.parametrize(("address", "also"), [("", ()), ("10.99.0.11", (BROKER,))])
def test_make_bases_provides_what_doctor_looks_for(tmp_path, address, also):
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\n[ "$1" = image ] || exec {shutil.which("docker")} "$@"\n')
    docker.chmod(0o755)
    variables = os.environ | {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "MICROSTEP_CLUSTER_ADDRESS": address,
    }
    command = ["make", f"PYTHON={sys.executable}", "bases"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:-1] == [f"{image}: here" for image in (*BASES, *also)]


def test_a_port_that_another_program_has_is_a_lack_with_the_line_that_moves_ours():
    machine = replace(MACHINE, taken=frozenset({5000}))
    assert lacking(judge_stack(machine, ENGINE)) == {"port 5000": "echo MICROSTEP_MLFLOW_PORT=15000 >> .env"}


def test_the_port_to_move_to_exists():
    machine = replace(MACHINE, ports={"MICROSTEP_MLFLOW_PORT": 60_000}, taken=frozenset({60_000}))
    assert lacking(judge_stack(machine, ENGINE)) == {"port 60000": "echo MICROSTEP_MLFLOW_PORT=50000 >> .env"}


def test_a_port_that_the_stack_itself_has_is_fine():
    machine = replace(MACHINE, taken=frozenset({5000}))
    assert lacking(judge_stack(machine, replace(ENGINE, published=frozenset({5000})))) == {}


def test_files_that_containers_cannot_read_are_named_and_nothing_else_is_opened():
    """`chmod -R` on the checkout would open .env and secrets/, too."""
    closed = ("pipeline.toml", "infra/postgres/databases.sh")
    (finding,) = (f for f in judge_stack(replace(MACHINE, closed_files=closed), ENGINE) if f.lacks)
    assert finding.state == "closed: pipeline.toml, infra/postgres/databases.sh"
    assert finding.remedy == "chmod o+rX pipeline.toml infra/postgres/databases.sh"


def test_the_demo_needs_a_new_python_and_its_venv_module_and_no_engine():
    findings = judge_demo(replace(MACHINE, python=(3, 9), has_venv=False))
    assert set(lacking(findings)) == {"python", "python's venv"}
    assert "python3.9-venv" in lacking(findings)["python's venv"]


MOVED = replace(MACHINE, root="/srv/new", home="/srv/old")


def test_a_checkout_whose_steps_would_write_into_another_one_is_found_out():
    remedy = lacking(judge_stack(MOVED, ENGINE))["MICROSTEP_HOST_ROOT"]
    assert remedy.startswith("sed -i /MICROSTEP_HOST_ROOT/d .env")
    (finding,) = (f for f in judge_stack(MOVED, ENGINE) if f.subject == "MICROSTEP_HOST_ROOT")
    assert "is /srv/old by .env, this checkout is /srv/new" in finding.state
    by_shell = lacking(judge_stack(replace(MOVED, home_from="the environment"), ENGINE))
    assert by_shell["MICROSTEP_HOST_ROOT"].startswith("unset MICROSTEP_HOST_ROOT")


@pytest.mark.parametrize("change", [{"home": ""}, {"home_is_here": True}, {"elsewhere": True}])
def test_nothing_lacks_where_it_is_not_set_or_leads_here_or_a_person_says_that_the_engine_sees_it_there(change):
    assert lacking(judge_stack(replace(MOVED, **change), ENGINE)) == {}


def test_the_stack_of_another_checkout_is_not_replaced():
    remedy = lacking(judge_stack(MACHINE, replace(ENGINE, others=("/srv/other",))))["stack on the engine"]
    assert remedy.startswith("make -C /srv/other down")


def test_a_file_of_settings_that_compose_cannot_read_is_a_lack_and_without_compose_a_note():
    machine = replace(MACHINE, unreadable="line 2: unterminated quoted value")
    assert ".env" in lacking(judge_stack(machine, ENGINE))
    assert ".env" in noted(judge_stack(machine, Engine(command=False)))


def test_nothing_starts_on_the_half_of_a_backup():
    machine = replace(MACHINE, restoring="/srv/backups/monday")
    assert "rm -rf .restoring" in lacking(judge_stack(machine, ENGINE))["restore"]


def test_volumes_of_another_checkout_are_a_lack_and_no_advice_throws_them_away():
    words = "the volumes on this engine belong to /srv/other\ntype: make -C /srv/other up"
    machine = replace(MACHINE, restoring="/srv/backups/monday")
    lacks = lacking(judge_stack(machine, replace(ENGINE, foreign_volumes=words)))
    assert lacks["volumes of the stack"].startswith(
        "make -C /srv/other up (to have both, each with a stack of its own: "
    )
    for engine in (
        replace(ENGINE, foreign_volumes=words),
        replace(ENGINE, others=("/srv/other",)),
        Engine(trouble="no"),
    ):
        assert "--volumes" not in lacking(judge_stack(machine, engine))["restore"]
    assert "--volumes" in lacking(judge_stack(machine, ENGINE))["restore"]
