"""Going back, as it is done by hand."""

import joblib
import pytest

from contract.datasets.dataset import Dataset
from validate.evaluation import golden as golden_module


@pytest.fixture
def three(project):
    """Three champions, one after the other."""
    champions = []
    for day, quality in (("2026-01-01", "bad"), ("2026-01-02", "fine"), ("2026-01-03", "good")):
        champions.append(project.trained(day, quality))
        assert project.validate(day=day) == 0
    return champions


def decisions(project):
    return [(line.decision, line.model.day) for line in project.ledger()]


def test_the_champion_before_is_in_use_again_and_the_ledger_says_by_whom(project, three, capsys):
    assert project.run("rollback", "--by", "ada", "--why", "complaints") == 0
    assert project.champion == three[1]
    line = project.ledger()[-1]
    assert (line.decision, line.by, line.before, line.model) == ("rolled_back", "ada", three[2], three[1])
    assert line.why == "complaints; 100 golden rows answered as on its promotion"
    assert "in use now: 2026-01-02" in capsys.readouterr().err


def test_back_twice_goes_further_back_and_then_there_is_nothing_before(project, three, capsys):
    assert [project.run("rollback"), project.run("rollback")] == [0, 0]
    assert project.champion == three[0]
    assert project.run("rollback") == 64
    assert "there is no champion before the one in use" in capsys.readouterr().err


def test_back_to_a_named_champion(project, three, capsys):
    assert project.run("rollback", "--to", "2026-01-01") == 0
    assert project.champion == three[0]
    assert project.run("rollback", "--to", "2026-01-01") == 64
    assert "2026-01-01 is in use already" in capsys.readouterr().err
    assert project.run("rollback", "--to", "2026-02-01") == 64
    assert "--to: must be the version or the training day of a champion" in capsys.readouterr().err


def test_the_day_that_was_rolled_back_does_not_come_back_by_itself(project, three):
    assert project.run("rollback") == 0
    assert project.validate(day="2026-01-03") == 0
    assert project.champion == three[1]


def test_the_next_challenger_is_compared_with_the_champion_that_came_back(project, three):
    assert project.run("rollback", "--to", "2026-01-01") == 0
    project.process("2026-01-04", seed=8)
    project.trained("2026-01-04")
    assert project.validate(day="2026-01-04") == 0
    assert project.ledger()[-1].before == three[0]


@pytest.fixture
def refused(project, three, capsys):
    def check(code, *words):
        before = project.snapshot()
        assert project.run("rollback") == code
        stderr = capsys.readouterr().err
        for word in words:
            assert word in stderr
        assert project.snapshot() == before

    return check


def golden(project, day="2026-01-02"):
    (file,) = Dataset.open(project.root / "reports/train" / day).manifest.named("golden")
    return project.root / "reports/train" / day / file.path


def test_a_model_file_that_was_changed_is_not_opened(project, three, refused):
    joblib.dump({"other": "content"}, project.root / three[1].file)
    refused(77, "must have sha256")


def test_a_model_file_that_is_gone_is_a_missing_input(project, three, refused):
    (project.root / three[1].file).unlink()
    refused(66, "the model of 2026-01-02 is not there")


def test_golden_rows_that_are_gone_or_changed_stop_it(project, refused):
    content = golden(project).read_bytes()
    golden(project).write_bytes(content[:-1] + b"!")
    refused(65, "golden", "nothing was changed")
    golden(project).unlink()
    refused(66, "the golden rows are not there")


def test_a_model_that_answers_otherwise_than_then_does_not_come_back(project, three, monkeypatch, refused):
    predict_scores = golden_module.predict_scores
    monkeypatch.setattr(golden_module, "predict_scores", lambda *given: predict_scores(*given) + 1e-6)
    refused(65, "must answer its 100 golden rows as it did then, differs in 100 by up to 1e-06")


def test_without_any_champion_there_is_nothing_to_go_back_to(project, capsys):
    assert project.run("rollback") == 64
    assert "see validate history" in capsys.readouterr().err


def test_history_shows_every_word_and_finds_a_line_that_was_changed(project, three, capsys):
    project.run("rollback")
    capsys.readouterr()
    assert project.run("history") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines[1:]] == ["promoted", "promoted", "promoted", "rolled_back"]
    assert "roc_auc" in lines[2]
    assert project.run("history", "--json") == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    path = project.root / "ledger.jsonl"
    path.write_text(path.read_text().replace('"hand"', '"nobody"'))
    assert project.run("history") == 65
    assert "ledger.jsonl: line 4 was changed after it was written" in capsys.readouterr().err
