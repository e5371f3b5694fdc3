"""What keeps many small steps down from adding up: the model that no challenger may fall below."""

import msgspec
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from contract.models.champion import Champion
from contract.models.ledger import Line
from validate.champion.ledger import anchor_of, append


def other(project, strength):
    """As good as the good model, with another file."""
    model = project.fitted("good")
    model["estimate"].coef_ = model["estimate"].coef_ * strength
    return model


@pytest.fixture
def two(project):
    """A first champion, and one that is as good."""
    project.configure("resamples = 199\n")
    champions = []
    for day, strength in (("2026-01-01", 1.0), ("2026-01-02", 1.1)):
        champions.append(project.trained(day, model=other(project, strength)))
        assert project.validate(day=day) == 0
    return champions


def rule(project, day):
    return next((rule for rule in project.verdict(day)["rules"] if rule["name"] == "not_worse_than_anchor"), None)


def test_the_first_champion_is_the_anchor_until_one_is_shown_to_be_better(project, two):
    assert [line.anchor for line in project.ledger()] == [None, two[0]]
    project.trained("2026-01-03", model=other(project, 1.2))
    assert project.validate(day="2026-01-03") == 0
    assert project.ledger()[-1].anchor == two[0]
    assert "against the anchor, the model of 2026-01-01" in rule(project, "2026-01-03")["text"]
    assert project.verdict("2026-01-03")["anchor"]["model"]["day"] == "2026-01-01"


def test_who_is_shown_to_be_better_is_the_next_anchor(project):
    for day, quality in (("2026-01-01", "bad"), ("2026-01-02", "good")):
        project.trained(day, quality)
        assert project.validate(day=day) == 0
    assert [line.anchor for line in project.ledger()] == [None, None]


def fallen(project):
    """A champion that came down from the anchor by many steps."""
    anchor = project.trained("2026-01-01", "good")
    champion = project.trained("2026-01-02", "bad")
    line = {"why": "", "metrics": {}, "before": anchor}
    append(project.layout.ledger, Line(decision="promoted", day="2026-01-02", model=champion, anchor=anchor, **line))
    return anchor


def worthless(project):
    model = project.fitted("bad")
    model.steps[-1] = ("estimate", DummyClassifier(strategy="uniform", random_state=0).fit([[0], [1]], ["no", "yes"]))
    return Pipeline(model.steps)


def test_one_more_small_step_down_is_refused_and_the_report_says_from_where(project, capsys):
    fallen(project)
    project.configure("margin = 0.3\n")
    project.trained("2026-01-03", model=worthless(project))
    assert project.validate(day="2026-01-03") == 80
    assert [rule["name"] for rule in project.verdict("2026-01-03")["rules"] if rule["verdict"] == "failed"] == [
        "not_worse_than_anchor"
    ]
    assert "against the anchor, the model of 2026-01-01" in capsys.readouterr().err
    (page,) = (project.root / "reports/train/2026-01-03").glob("report*.html")
    assert "Anchor, so that small steps down cannot add up: 2026-01-01" in page.read_text()


def test_an_anchor_whose_file_is_gone_is_told_and_the_champion_takes_its_place(project, two, capsys):
    (project.root / two[0].file).unlink()
    project.trained("2026-01-03", model=other(project, 1.2))
    assert project.validate(day="2026-01-03") == 0
    text = rule(project, "2026-01-03")["text"]
    assert rule(project, "2026-01-03")["verdict"] == "unjudged"
    assert "the anchor, the model of 2026-01-01, cannot be compared" in text
    assert "the champion takes its place" in text
    assert "is not there" in text
    assert "the anchor (2026-01-01) cannot be compared" in capsys.readouterr().err
    assert project.ledger()[-1].anchor == two[1]


def test_a_champion_that_came_back_has_the_anchor_that_it_had(project, two):
    project.trained("2026-01-03", model=other(project, 1.2))
    assert project.validate(day="2026-01-03") == 0
    assert project.run("rollback") == 0
    line = project.ledger()[-1]
    assert (line.model, line.anchor) == (two[1], two[0])


def test_an_adopted_model_is_an_anchor_of_its_own(project, two):
    project.trained("2026-01-03", "bad")
    assert project.run("adopt", "--to", "2026-01-03") == 0
    lines = project.ledger()
    assert anchor_of(lines, lines[-1].model) == lines[-1].model
    assert anchor_of(lines, two[1]) == two[0]


def test_a_day_that_is_judged_again_is_held_against_the_same_anchor(project, two):
    project.trained("2026-01-03", model=other(project, 1.2))
    assert [project.validate(*again, day="2026-01-03") for again in ((), ("--force",))] == [0, 0]
    assert project.verdict("2026-01-03")["champion"]["model"]["day"] == "2026-01-02"
    assert project.verdict("2026-01-03")["anchor"]["model"]["day"] == "2026-01-01"


def test_who_was_promoted_by_a_person_has_the_anchor_of_the_proposal(project, two):
    project.configure('resamples = 199\napproval = "manual"\n')
    project.trained("2026-01-03", model=other(project, 1.2))
    assert project.validate(day="2026-01-03") == 0
    assert project.run("approve", "--day", "2026-01-03") == 0
    line = project.ledger()[-1]
    assert (line.decision, line.anchor) == ("promoted", two[0])


def test_of_a_champion_from_before_there_were_anchors_it_is_itself(project):
    champion = Champion(day="2026-01-01", file="f", sha256="0" * 64, manifest="m", sklearn="1")
    line = Line(decision="promoted", why="", day=champion.day, before=None, model=champion, metrics={})
    assert anchor_of([line], champion) == anchor_of([], champion) == champion


def test_an_anchor_that_held_out_more_than_today_is_compared(project):
    anchor = project.trained("2026-01-01", "good")
    split = msgspec.structs.replace(anchor.trained_for.split, test_fraction=0.5)
    anchor = msgspec.structs.replace(anchor, trained_for=msgspec.structs.replace(anchor.trained_for, split=split))
    champion = project.trained("2026-01-02", "bad")
    line = {"why": "", "metrics": {}, "before": anchor}
    append(project.layout.ledger, Line(decision="promoted", day="2026-01-02", model=champion, anchor=anchor, **line))
    project.configure("margin = 0.3\n")
    project.trained("2026-01-03", model=worthless(project))
    assert project.validate(day="2026-01-03") == 80
    assert project.verdict("2026-01-03")["anchor"]["not_compared"] is None
