import pytest
from conftest import factory
from fake_variables import Variables

from microstep_airflow import maintenance

TOML = "/srv/microstep/pipeline.toml"


@pytest.fixture
def sent(monkeypatch):
    """The mails that were put into the outbox."""
    mails = []
    monkeypatch.setattr(maintenance, "Variable", Variables())
    monkeypatch.setattr(maintenance, "enqueue", lambda mail, *_: mails.append(mail))
    return mails


@pytest.fixture
def look(monkeypatch, load_dags, sent):
    """The task, on a machine where these files of the host were replaced."""
    task = load_dags(runner="docker")["maintenance"].get_task("look_at_mounts")

    def look(*replaced):
        monkeypatch.setattr(maintenance, "was_replaced", lambda path, source: source in replaced)
        return task.python_callable()

    return look


def test_nobody_is_told_while_everything_is_in_its_place(look, sent):
    assert look() == []
    assert sent == []


def test_a_replaced_pipeline_toml_is_told_once_with_what_to_type(look, sent):
    assert [look(TOML), look(TOML)] == [[TOML], [TOML]]
    [mail] = sent
    assert mail.level == "error"
    assert mail.subject == "[microstep] Airflow still uses the old pipeline.toml"
    assert TOML in mail.plain()
    assert "docker compose restart" in mail.plain()


def test_another_file_and_another_time_are_told_again(look, sent):
    look(TOML)
    look(TOML, "/srv/microstep/data")
    look()
    look(TOML)
    assert [mail.facts["Replaced"] for mail in sent] == [TOML, f"{TOML}, /srv/microstep/data", TOML]


def test_the_files_are_those_that_the_steps_are_given(monkeypatch, load_dags, sent):
    pairs = []
    monkeypatch.setattr(maintenance, "was_replaced", lambda *pair: pairs.append(pair))
    load_dags(runner="docker")["maintenance"].get_task("look_at_mounts").python_callable()
    home = factory().settings.home
    assert [source for _, source in pairs] == [f"{home}/pipeline.toml", f"{home}/data"]
    assert pairs[1][0] == factory().settings.data_root
