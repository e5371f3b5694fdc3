"""Edits of pipeline.toml, and trainings in any order, through all steps: right, or refused with a way out that works."""

import json
import re

import pytest
from steps import DAYS, config


class Project:
    """A data root, its configuration, and the steps to run on it."""

    def __init__(self, runners, home):
        self.runners, self.root, self.toml = runners, home / "root", home / "pipeline.toml"
        self.root.mkdir()

    def configure(self, *edits):
        text = config(7, 0.5)
        for old, new in edits:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.toml.write_text(text)

    def run(self, step, day, code=0):
        ended = self.runners[step].run(self.root, self.toml, day=day)
        assert ended.code == code, ended.output
        return ended.output

    def command(self, step, *words, code=0):
        ended = self.runners[step].run(self.root, self.toml, words=words)
        assert ended.code == code, ended.output
        return ended.output

    def bring(self, day):
        for step in ("generate", "preprocess"):
            self.run(step, day)

    def follow(self, output, step):
        """Do what a refusal names: `preprocess --day …`, `validate adopt --to …`."""
        words = re.findall(rf"{step} ((?:adopt )?--(?:day|to) [0-9a-f-]+)", output)
        assert words, output
        return self.command(step, *words[-1].split())

    @property
    def champion(self):
        return json.loads((self.root / "models" / "champion.json").read_text())

    def verdict(self, day):
        (path,) = (self.root / "reports" / "train" / day).glob("verdict-*.json")
        return json.loads(path.read_text())


@pytest.fixture
def project(runners, tmp_path):
    """Two processed days."""
    made = Project(runners, tmp_path)
    made.configure()
    for day in DAYS:
        made.bring(day)
    return made


def test_days_of_two_column_types_do_not_train_together_until_each_is_made_again(project):
    """`support_calls` as a category on the first day, as a number on the second."""
    first, second = DAYS
    project.configure(
        ('[columns.support_calls]\ntype = "integer"\nmin = 0', '[columns.support_calls]\ntype = "category"')
    )
    project.run("preprocess", first)
    project.configure()
    project.run("preprocess", second)
    output = project.run("train", second, code=65)
    assert f"processed/{first}: was made with columns.support_calls.type category, pipeline.toml has integer" in output
    project.follow(output, "preprocess")
    project.run("train", second)
    project.run("validate", second)


def test_a_slice_that_no_model_sees_goes_through_all_steps(project):
    ignored = ('[columns.payment]\ntype = "category"', '[columns.payment]\ntype = "category"\nrole = "ignore"')
    project.configure(ignored)
    for day in DAYS:
        project.run("preprocess", day)
    project.configure(ignored, ("slices = []", 'slices = ["payment"]'))
    for day in DAYS:
        output = project.run("train", DAYS[-1], code=65)
        assert f"processed/{day}: was made without the column payment" in output
        project.follow(output, "preprocess")
    project.run("train", DAYS[-1])
    project.run("validate", DAYS[-1])
    verdict = project.verdict(DAYS[-1])
    assert {"card", "invoice", "transfer"} <= {part["value"] for part in verdict["slices"]}
    assert "payment" not in verdict["challenger"]["model"]["trained_for"]["features"]
    project.run("predict", DAYS[-1])


def test_another_test_fraction_is_judged_on_the_rows_that_both_splits_hold_out(project):
    first, second = DAYS
    small = [
        ("test_fraction = 0.2 ", "test_fraction = 0.1 "),
        ("window_days = 2", "window_days = 1"),
        ("min_test_rows = 10", "min_test_rows = 3"),
    ]
    large = [("test_fraction = 0.2 ", "test_fraction = 0.5 "), *small[1:]]
    project.configure(*small)
    project.run("preprocess", first)
    project.run("train", first)
    project.run("validate", first)
    held_out = project.verdict(first)["rows"]
    project.configure(*large)
    assert "preprocess --day" in project.run("train", second, code=65)
    project.run("preprocess", second)
    project.run("train", second)
    project.run("validate", second)
    verdict = project.verdict(second)
    assert verdict["champion"]["model"]["day"] == first
    assert "a test_fraction of 0.1 holds out" in verdict["window"]["text"]
    assert verdict["rows"] < held_out * 2  # a tenth of the day's rows, not half of them


def test_a_champion_of_another_key_is_not_compared(project):
    first, second = DAYS
    project.configure(("window_days = 2", "window_days = 1"))
    project.run("train", first)
    project.run("validate", first)
    # ages are few
    project.configure(
        ("window_days = 2", "window_days = 1"),
        ('target = "churned"', 'target = "churned"\ngroup = "age"'),
        ("min_test_rows = 10", "min_test_rows = 3"),
    )
    project.follow(project.run("train", second, code=65), "preprocess")
    project.run("train", second)
    project.run("validate", second)
    verdict = project.verdict(second)
    assert verdict["champion"] is None
    assert "its rows were split by customer_id (text)" in verdict["not_compared"]


def test_a_late_training_does_not_replace_a_newer_champion_unless_a_person_says_so(project):
    first, second = DAYS
    third = "2026-01-07"
    project.configure(("window_days = 2", "window_days = 1"))
    project.bring(third)
    for step in ("train", "validate", "predict"):
        project.run(step, second)
    project.run("train", first)
    output = project.run("validate", first, code=80)
    assert f"its training day {first} is before the champion's, {second}" in output
    assert project.champion["day"] == second
    project.follow(output, "validate")
    assert project.champion["day"] == first
    assert f"by champion {first}" in project.run("predict", third)
    for step in ("train", "validate", "predict"):
        project.run(step, third)
    assert project.champion["day"] == third


def test_after_a_rollback_a_newer_training_goes_on(project):
    first, third = DAYS[0], "2026-01-07"
    project.configure(("window_days = 2", "window_days = 1"))
    project.bring(third)
    for day in DAYS:
        project.run("train", day)
        project.run("validate", day)
    project.command("validate", "rollback")
    assert project.champion["day"] == first
    project.run("train", third)
    project.run("validate", third)
    assert project.champion["day"] == third
    assert [rule["verdict"] for rule in project.verdict(third)["rules"] if rule["name"] == "not_older"] == ["passed"]


def test_one_does_not_go_back_to_a_champion_that_wants_a_column_that_is_gone(project):
    """It would exit 0, and the next prediction 65."""
    first, second = DAYS
    project.configure(("window_days = 2", "window_days = 1"))
    project.run("train", first)
    project.run("validate", first)
    less = [
        ("window_days = 2", "window_days = 1"),
        ('[columns.age]\ntype = "integer"', '[columns.age]\ntype = "integer"\nrole = "ignore"'),
    ]
    project.configure(*less)
    project.run("preprocess", second)
    project.run("train", second)
    project.run("validate", second)
    output = project.command("validate", "rollback", code=65)
    assert "it was trained on the column age, which is no feature in pipeline.toml" in output
    project.run("predict", second)
    project.configure(("window_days = 2", "window_days = 1"))
    project.command("validate", "rollback")
    project.run("preprocess", second)
    project.run("predict", second)


def test_the_last_days_are_held_out_and_judge(project):
    third = "2026-01-07"
    project.bring(third)
    project.configure(("window_days = 2", "window_days = 3\ntest_days = 1"))
    output = project.run("train", third)
    assert f"held out of the fit, for the judgement: {third} (training.test_days = 1)" in output
    project.run("validate", third)
    verdict = project.verdict(third)
    assert verdict["window"]["judged"] == [third]
    about = project.champion["trained_for"]
    assert (about["first"], about["last"], about["held_out"]) == (*DAYS, [third])
    assert 30 <= verdict["rows"] <= 90  # of the 300 rows of a day, a fifth
