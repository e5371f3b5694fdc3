"""gate.approval = "manual": a person has the last word."""

import pytest

from contract.models.ledger import Line
from validate.champion.ledger import append


@pytest.fixture
def proposed(project):
    """A model that passed the gate and waits."""
    project.configure('approval = "manual"\n')
    challenger = project.trained("2026-01-02", "good")
    assert project.validate() == 0
    return challenger


def test_who_passed_waits_and_nobody_is_champion_yet(project, proposed):
    assert project.verdict()["decision"] == "proposed"
    assert [line.decision for line in project.ledger()] == ["proposed"]
    assert not (project.root / "models/champion.json").exists()
    assert project.validate() == 0


def test_approved_it_is_in_use_and_the_ledger_names_the_person(project, proposed, capsys):
    assert project.run("approve", "--day", "2026-01-02", "--by", "ada", "--why", "looks right") == 0
    assert project.champion == proposed
    line = project.ledger()[-1]
    assert (line.decision, line.by, line.why, line.model) == ("promoted", "ada", "looks right", proposed)
    assert project.run("approve", "--day", "2026-01-02", "--by", "bob") == 0
    assert "approved already, by ada" in capsys.readouterr().err
    assert len(project.ledger()) == 2


def test_refused_the_champion_stays_and_it_cannot_be_approved_any_more(project, proposed, capsys):
    for _ in range(2):
        assert project.run("refuse", "--day", "2026-01-02", "--by", "ada", "--why", "not now") == 80
    assert [line.decision for line in project.ledger()] == ["proposed", "refused"]
    assert "refused by ada: not now" in capsys.readouterr().err
    # a run without news ends as the person's word has it
    assert project.validate() == 80
    assert "models/2026-01-02: refused by ada: not now" in capsys.readouterr().err
    assert project.run("approve", "--day", "2026-01-02") == 65
    assert "was refused by ada: not now; judge it again: validate --force" in capsys.readouterr().err
    assert project.validate("--force") == 0
    assert project.run("approve", "--day", "2026-01-02") == 0
    assert project.champion == proposed


def test_what_was_compared_with_another_champion_must_be_judged_again(project, proposed, capsys):
    project.configure()
    other = project.trained("2026-01-03", "fine")
    assert project.validate(day="2026-01-03") == 0
    assert project.run("approve", "--day", "2026-01-02") == 65
    assert "was compared with no champion, in use by now is 2026-01-03" in capsys.readouterr().err
    assert project.champion == other


def test_where_nothing_was_proposed_there_is_nothing_to_answer(project, capsys):
    for word in ("approve", "refuse"):
        assert project.run(word, "--day", "2026-01-02") == 66
        assert "models/2026-01-02: nothing was proposed" in capsys.readouterr().err


def test_a_file_that_was_changed_since_is_not_approved(project, proposed, capsys):
    path = project.root / proposed.file
    path.write_bytes(path.read_bytes() + b"!")
    assert project.run("approve", "--day", "2026-01-02") == 77
    assert not (project.root / "models/champion.json").exists()


def test_an_approved_model_can_be_gone_back_to(project, proposed):
    assert project.run("approve", "--day", "2026-01-02") == 0
    project.configure()
    project.trained("2026-01-03", "fine")
    assert project.validate(day="2026-01-03") == 0
    assert project.run("rollback") == 0
    assert project.champion == proposed


@pytest.mark.parametrize("way", ["judged again", "adopted"])
def test_after_a_rollback_neither_word_speaks_of_an_approval_that_holds_and_the_ways_on_work(project, capsys, way):
    project.configure()
    first = project.trained("2026-01-02", "fine")
    assert project.validate() == 0
    project.configure('approval = "manual"\nmargin = 0.5\n')
    second = project.trained("2026-01-03", "good")
    assert project.validate(day="2026-01-03") == 0
    assert project.run("approve", "--day", "2026-01-03", "--by", "ada") == 0
    assert project.run("rollback", "--by", "bob", "--why", "complaints") == 0
    lines = len(project.ledger())
    for word, rest in (("approve", "to put it in use again: validate adopt --to"), ("refuse", "nothing to refuse")):
        capsys.readouterr()
        assert project.run(word, "--day", "2026-01-03", "--by", "cleo") == 65
        told = capsys.readouterr().err
        assert "was approved by ada, but 2026-01-02 is in use since (rolled back by bob: complaints" in told
        assert rest in told
    assert (project.champion, len(project.ledger())) == (first, lines)
    if way == "adopted":
        assert project.run("adopt", "--to", second.sha256[:12], "--by", "cleo") == 0
    else:
        assert project.validate("--force", day="2026-01-03") == 0
        assert project.run("approve", "--day", "2026-01-03", "--by", "cleo") == 0
    assert project.champion == second


def test_what_was_refused_and_adopted_since_is_in_use_for_both_words(project, proposed, capsys):
    assert project.run("refuse", "--day", "2026-01-02", "--by", "ada") == 80
    assert project.run("adopt", "--to", proposed.sha256[:12], "--by", "bob") == 0
    lines = len(project.ledger())
    assert project.run("approve", "--day", "2026-01-02") == 0
    assert "models/2026-01-02: in use already" in capsys.readouterr().err
    assert project.run("refuse", "--day", "2026-01-02") == 65
    assert "is in use, adopted by bob; to go back: validate rollback" in capsys.readouterr().err
    assert (project.champion, len(project.ledger())) == (proposed, lines)


def test_a_proposal_does_not_outlive_a_later_judgement_of_its_day(project, proposed, capsys):
    config = project.root / "pipeline.toml"
    config.write_text(config.read_text().replace("min_test_rows = 10", "min_test_rows = 100000"))
    assert project.validate() == 80
    for word in ("approve", "refuse"):
        assert project.run(word, "--day", "2026-01-02", "--by", "ada") == 65
        stderr = capsys.readouterr().err
        assert "the proposal is not the last judgement of the day, which is undecided" in stderr
        assert "judge it again: validate --force --day 2026-01-02" in stderr
    project.configure('approval = "manual"\n')
    assert project.validate() == 0
    assert project.run("approve", "--day", "2026-01-02") == 0
    assert project.champion == proposed


@pytest.mark.parametrize("refuses", ["a newer champion", "a minimum"])
def test_where_judging_again_comes_to_the_same_refusal_approve_names_the_other_way(project, proposed, capsys, refuses):
    if refuses == "a newer champion":
        newer = project.trained("2026-01-03", "fine")
        assert project.run("adopt", "--to", newer.sha256[:12], "--by", "ada") == 0
    else:
        project.configure('approval = "manual"\nminimums = { roc_auc = 1.0 }\n')
    assert project.run("--force", "--day", "2026-01-02") == 80
    capsys.readouterr()
    assert project.run("approve", "--day", "2026-01-02", "--by", "ada") == 65
    way = f"validate adopt --to {proposed.sha256[:12]}"
    assert capsys.readouterr().err.count(way) == 1
    assert project.run("adopt", "--to", proposed.sha256[:12], "--by", "ada") == 0
    assert project.champion.sha256 == proposed.sha256


def test_a_proposal_that_a_person_has_adopted_needs_no_approval_any_more(project, proposed, capsys):
    assert project.run("adopt", "--to", proposed.sha256[:12], "--by", "ada") == 0
    lines = len(project.ledger())
    assert project.run("approve", "--day", "2026-01-02", "--by", "bob") == 0
    assert "models/2026-01-02: in use already" in capsys.readouterr().err
    assert len(project.ledger()) == lines


def test_an_approval_means_the_model_that_the_day_has_now(project, proposed, capsys):
    again = project.trained("2026-01-02", "fine")
    assert project.run("approve", "--day", "2026-01-02", "--by", "ada") == 65
    assert "was trained again since its proposal, and holds another model now" in capsys.readouterr().err
    assert project.validate() == 0
    assert project.run("approve", "--day", "2026-01-02", "--by", "ada") == 0
    assert project.champion == again


def test_a_model_that_was_trained_again_and_refused_is_not_approved_by_an_older_proposal(project, proposed, capsys):
    project.configure('approval = "manual"\nminimums = { roc_auc = 0.8 }\n')
    project.trained("2026-01-02", "bad")
    assert project.validate() == 80
    assert project.run("approve", "--day", "2026-01-02", "--by", "ada") == 65
    assert "which is refused: " in capsys.readouterr().err
    assert project.run("approve", "--day", "2026-01-02") == 65


def test_a_refusal_whose_end_of_line_was_lost_is_still_a_refusal(project, proposed, capsys):
    assert project.run("refuse", "--day", "2026-01-02", "--by", "ada") == 80
    ledger = project.layout.ledger
    ledger.write_bytes(ledger.read_bytes()[:-1])
    assert project.run("approve", "--day", "2026-01-02") == 65
    assert "was refused by ada" in capsys.readouterr().err


def test_a_model_of_another_scikit_learn_is_not_approved(project, capsys):
    project.configure('approval = "manual"\n')
    model = project.trained("2026-01-02", "good", sklearn_version="0.1")
    append(
        project.layout.ledger, Line(decision="proposed", why="", day="2026-01-02", before=None, model=model, metrics={})
    )
    assert project.run("approve", "--day", "2026-01-02") == 77
    assert "was written by 0.1" in capsys.readouterr().err
