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


@pytest.fixture
def revoking(running, monkeypatch, tmp_path):
    """The keeper of the cluster's secrets, which knows a token of b or not; files of two machines."""
    answer = subprocess.CompletedProcess((), 0, "", "")
    monkeypatch.setattr(tokens, "docker", lambda *words, check: answer)
    monkeypatch.setattr(tokens, "keep", lambda *words: words)
    for name in ("b", "c"):
        (tmp_path / f"{name}.env").touch()
    monkeypatch.setattr(tokens, "take_away", lambda name: (tmp_path / f"{name}.env").unlink(missing_ok=True))
    return answer, tmp_path


def test_a_revocation_that_was_stopped_before_it_took_effect_takes_effect_when_it_is_typed_again(
    running, revoking, capsys
):
    answer, folder = revoking
    answer.returncode, answer.stderr = 64, "REVOKE: must be a machine that has a token (c), got 'b'\n"
    with pytest.raises(SystemExit) as end:
        tokens.revoke("b")
    assert end.value.code == 64
    assert "kill --signal=HUP gateway" in [" ".join(words[:3]) for words in running[0]]
    assert any("broker" in words for words in running[0])
    assert [file.name for file in folder.iterdir()] == ["c.env"]
    assert "told anew" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../b", "", "b.env", "B"])
def test_what_is_no_name_of_a_machine_takes_no_file_away(running, revoking, name):
    answer, folder = revoking
    answer.returncode = 64
    with pytest.raises(SystemExit):
        tokens.revoke(name)
    assert sorted(file.name for file in folder.iterdir()) == ["b.env", "c.env"]


def test_a_keeper_that_cannot_answer_is_told_and_nothing_is_taken_away(running, revoking, capsys):
    answer, folder = revoking
    answer.returncode, answer.stderr = 125, "no space left on device"
    with pytest.raises(SystemExit) as end:
        tokens.revoke("b")
    assert end.value.code == 69
    assert "no space left" in capsys.readouterr().err
    assert (folder / "b.env").exists()
    assert running[0] == []


def test_no_machine_is_called_as_a_step_that_was_added(monkeypatch, capsys):
    monkeypatch.setattr(tokens, "added", lambda: ("score-text",))
    monkeypatch.setattr(tokens, "must_be_a_head", lambda: pytest.fail("the name was taken"))
    monkeypatch.setattr("sys.argv", ["tokens", "--name=score-text", "--address=10.0.0.12"])
    with pytest.raises(SystemExit) as end:
        tokens.main()
    assert end.value.code == 64
    assert "none of the steps that were added (score-text), got 'score-text'" in capsys.readouterr().err
