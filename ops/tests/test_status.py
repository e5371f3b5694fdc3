"""What `make status` asks for, and how it ends."""

import sys
from types import SimpleNamespace

import pytest
from checkout import settings

from pipelines import status


@pytest.fixture
def asked(monkeypatch):
    """Runs `make status` where there are two pipelines; gives what was started, and the exit code."""

    def ask(address, codes):
        started = []

        def run(command, **_):
            started.append(command)
            return SimpleNamespace(returncode=codes[len(started) - 1])

        monkeypatch.setattr(sys, "argv", ["status"])
        monkeypatch.setattr(status, "those", lambda _: ("churn", "orders"))
        monkeypatch.setattr(status, "variables", lambda _: {})
        monkeypatch.setattr(status, "environment", dict)
        monkeypatch.setattr(status, "settings", lambda: {settings.CLUSTER: address})
        monkeypatch.setattr(status, "end_tidily_when_asked_to", lambda: None)
        monkeypatch.setattr(status.subprocess, "run", run)
        return started, status.main()

    return ask


def test_on_one_machine_nobody_is_asked_for_workers(asked):
    assert asked("", [0, 0]) == ([status.COMMAND] * 2, 0)


def test_the_head_of_several_machines_is_asked_which_of_them_answer(asked):
    started, code = asked("10.99.0.11", [0, 0, 69])
    assert started == [status.COMMAND, status.COMMAND, status.MACHINES]
    assert code == 69
