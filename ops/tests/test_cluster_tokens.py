"""How gateway and broker are told of a token: with the real ones in tests/machines/test_ways_in.py."""

import subprocess

import pytest
from cluster import tokens

ODD = 'nginx: [emerg] open() "/etc/nginx/10.0.0.12" failed'


@pytest.fixture
def running(monkeypatch):
    """The stack, whose gateway finds its file good or not; what compose was asked for."""
    asked, ends = [], {"gateway": 0, "broker": "OK\nOK\n"}

    def compose(*words, **more):
        asked.append(words)
        if "nginx" in words:
            return subprocess.CompletedProcess(words, ends["gateway"], "", ODD if ends["gateway"] else "")
        return subprocess.CompletedProcess(words, 0, ends["broker"] if "broker" in words else "", "")

    monkeypatch.setattr(tokens, "compose", compose)
    return asked, ends


def test_a_gateway_reads_anew_only_what_it_has_found_good(running):
    asked, _ = running
    tokens.take_effect()
    doing = [" ".join(words[:4]) for words in asked if "gateway" in words]
    assert doing == ["exec -T gateway nginx", "kill --signal=HUP gateway"]


def test_a_gateway_that_finds_its_file_wrong_is_left_as_it_is_and_the_broker_is_told_all_the_same(running, capsys):
    asked, ends = running
    ends["gateway"] = 1
    with pytest.raises(SystemExit) as end:
        tokens.take_effect()
    assert end.value.code == 69
    said = capsys.readouterr().err
    assert ODD in said
    assert "make token REVOKE=" in said
    assert not any("--signal=HUP" in words for words in asked)
    assert any("broker" in words for words in asked)


@pytest.mark.parametrize("said", ["OK\nOK\n", "OK\nOK\nERR no such user\n", "ERR wrong\n"])
def test_a_broker_that_did_not_end_what_an_earlier_token_has_open_is_told(running, capsys, said):
    running[1]["broker"] = said
    with pytest.raises(SystemExit) as end:
        tokens.take_effect("b")
    assert end.value.code == 69
    assert "the broker did not read its users anew" in capsys.readouterr().err
