from dataclasses import replace

import doctor
import pytest
from checkout.compose import is_rootless
from machine.checks import judge_stack
from machine.landing import judge_landing
from test_checks import ENGINE, MACHINE, lacking, noted

SOCKET = "/run/user/1000/docker.sock"
ROOTLESS = replace(ENGINE, rootless=True, socket=SOCKET)
READY = replace(MACHINE, user="0:0", socket=SOCKET)


def test_an_ordinary_machine_hears_nothing_of_it():
    assert judge_landing(replace(MACHINE, user="1000:1000"), replace(ENGINE, socket="/elsewhere.sock")) == []


def test_a_rootless_engine_is_good_once_its_socket_is_named():
    assert "MICROSTEP_ENGINE_SOCKET" in lacking(judge_stack(MACHINE, ROOTLESS))
    assert lacking(judge_stack(READY, ROOTLESS)) == {}
    assert lacking(judge_landing(MACHINE, ROOTLESS)) == {
        "MICROSTEP_ENGINE_SOCKET": f"echo MICROSTEP_ENGINE_SOCKET={SOCKET} >> .env"
    }
    # an engine at an address: nobody can tell
    assert lacking(judge_landing(MACHINE, replace(ROOTLESS, socket=""))) == {}


def test_with_a_rootless_engine_steps_by_hand_run_as_its_root_and_with_another_one_never():
    wrong = lacking(judge_landing(replace(READY, user="1000:1000"), ROOTLESS))
    assert "sed -i /MICROSTEP_USER/d .env" in wrong["MICROSTEP_USER"]
    assert lacking(judge_landing(replace(READY, user=""), ROOTLESS)) == {}
    assert lacking(judge_landing(replace(MACHINE, user="0:0"), ENGINE)) == {
        "MICROSTEP_USER": "sed -i /MICROSTEP_USER/d .env"
    }


def test_a_rootless_engine_that_cannot_limit_a_step_starts_and_is_told_how_to_get_the_right_to():
    unlimited = replace(ROOTLESS, limits=False)
    subject = "limits of memory and processors"
    assert subject not in lacking(judge_landing(READY, unlimited))
    assert noted(judge_landing(READY, unlimited))[subject].startswith(
        "sudo mkdir -p /etc/systemd/system/user@.service.d"
    )
    # of version 1 nothing can be given
    older = noted(judge_landing(READY, replace(unlimited, cgroups="1")))[subject]
    assert older.startswith("boot with systemd.unified_cgroup_hierarchy=1")
    assert "Delegate=cpu cpuset io memory pids" in older


@pytest.mark.parametrize(
    ("info", "rootless"),
    [
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]}, True),
        ({"SecurityOptions": ["name=seccomp,profile=builtin", "name=selinux"]}, False),
        ({"SecurityOptions": None}, False),
        ({}, False),
    ],
)
def test_an_engine_says_that_it_is_rootless(info, rootless):
    assert is_rootless(info) is rootless


def test_names_that_the_client_keeps_out_of_its_proxy_are_asked_for():
    company = replace(MACHINE, clients_no_proxy="localhost, .example.com,10.0.0.0/8")
    assert lacking(judge_landing(company, ENGINE)) == {}
    assert noted(judge_landing(company, ENGINE)) == {"proxy": "echo MICROSTEP_NO_PROXY=.example.com,10.0.0.0/8 >> .env"}
    half = replace(company, no_proxy="mail.example.org,.example.com")
    assert noted(judge_landing(half, ENGINE)) == {
        "proxy": "echo MICROSTEP_NO_PROXY=mail.example.org,.example.com,10.0.0.0/8 >> .env"
    }
    assert judge_landing(replace(company, no_proxy=".example.com,10.0.0.0/8"), ENGINE) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"proxies": {"default": {"httpProxy": "http://p:3128", "noProxy": ".example.com"}}}', ".example.com"),
        ('{"proxies": {"default": {"httpProxy": "http://p:3128"}}}', ""),
        ('{"proxies": null}', ""),
        ('{"auths": {}}', ""),
        ("{", ""),
        ("[]", ""),
    ],
)
def test_the_clients_own_list_is_read_where_it_keeps_it(tmp_path, monkeypatch, text, names):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert doctor.clients_no_proxy() == ""
    (tmp_path / "config.json").write_text(text)
    assert doctor.clients_no_proxy() == names
