import json
import sys

import pytest
import steps
import try_results
import try_table
from server import Trouble


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my table.csv"
    path.write_text("a,b\n1,2\n")
    return path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--file={file}", "--target="], "TARGET must be the column to predict"),
        (["--file={file}.gone", "--target=b"], "FILE must be a file with a table, got '{file}.gone'"),
        (["--file=", "--target=b"], "FILE must be a file with a table"),
        (["--file={file}", "--target=b", "--days=1"], "DAYS must be 2 or more"),
        (["--file={file}", "--target=b", "--days=many"], "DAYS must be 2 or more"),
    ],
)
def test_what_is_not_given_is_asked_for(file, arguments, message):
    with pytest.raises(Trouble, match="make try FILE=|got") as raised:
        try_table.asked([argument.format(file=file) for argument in arguments])
    assert message.format(file=file) in str(raised.value)


def test_each_content_and_each_wish_has_a_folder_of_its_own(file):
    arguments = [f"--file={file}", "--target=b"]
    names = [try_table.asked([*arguments, *more]).name for more in ([], ["--key=a"], ["--by=a"], ["--days=3"])]
    assert try_table.asked(arguments).name == names[0]
    file.write_text("a,b\n1,3\n")
    names.append(try_table.asked(arguments).name)
    assert len(set(names)) == 5
    assert all(name.startswith("my-table-") for name in names)


IN_TIME = '[training]\ncross_validation = "by_day"  # fit on earlier days, score later ones\nseed = 0\n'


@pytest.mark.parametrize(("days", "kept"), [(6, "[training]\nseed = 0\n"), (7, IN_TIME)])
def test_of_few_days_there_are_no_folds_in_time(days, kept):
    assert try_table.of_days(IN_TIME, days) == kept


class NothingIsBroughtIn(Exception):
    """Where a test of what comes before ends."""


@pytest.fixture
def split(tmp_path, monkeypatch):
    """Runs `make try` up to the days of the split, of which there are so many; gives the configuration."""

    def make(days, before=None):
        home, config = tmp_path / "try", tmp_path / "try" / "pipeline.toml"
        home.mkdir()
        if before is not None:
            config.write_text(before)

        class Steps:
            size = 0
            infer = staticmethod(lambda *_: config.write_text(IN_TIME))
            warnings = staticmethod(lambda _: [])

            def __init__(self, *_):
                pass

            def run(self, *_):
                for day in range(days):
                    folder = home / "data" / "inbox" / f"2026-01-{1 + day:02}"
                    folder.mkdir(parents=True)
                    (folder / "_SUCCESS").touch()

            def each(self, *_):
                raise NothingIsBroughtIn

        monkeypatch.setattr(try_table, "ROOT", tmp_path)
        monkeypatch.setattr(try_table, "Steps", Steps)
        monkeypatch.setattr(try_table, "make_environments", lambda *_: None)
        table = tmp_path / "t.csv"
        table.write_text("a,b\n1,2\n")
        with pytest.raises(NothingIsBroughtIn):
            try_table.run(try_table.asked([f"--file={table}", "--target=b"]), home)
        return config.read_text()

    return make


def test_the_days_that_the_split_made_are_counted(split):
    assert "by_day" not in split(4)


def test_a_configuration_that_is_there_stays_as_it_is(split):
    assert split(4, before=IN_TIME) == IN_TIME


@pytest.fixture
def python(tmp_path):
    """A checkout whose steps are this Python; gives a function that runs what a step would be."""
    for step in ("generate", "train"):
        (tmp_path / ".venvs" / step / "bin").mkdir(parents=True)
        package = tmp_path / "services" / step / step
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        interpreter = tmp_path / ".venvs" / step / "bin" / "python"
        interpreter.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        interpreter.chmod(0o755)

    def run(step, source, *arguments, **options):
        (tmp_path / "services" / step / step / "__main__.py").write_text(source)
        made = steps.Steps(tmp_path, tmp_path / "data", tmp_path / "pipeline.toml", tmp_path / "log")
        return made, made.run(step, *arguments, **options)

    return run


LOGGED = """
import sys
print("2026-01-01 00:00:00,000 WARNING train: look at this", file=sys.stderr)
print("2026-01-01 00:00:00,000 ERROR train: too few rows", file=sys.stderr)
sys.exit(65)
"""


def test_a_step_that_fails_is_told_by_its_own_words_and_its_code(python):
    with pytest.raises(steps.Failed, match="train ended with 65: too few rows") as raised:
        python("train", LOGGED)
    assert raised.value.code == 65


def test_an_outcome_is_no_failure_and_warnings_are_kept(python):
    made, code = python("train", LOGGED, may=[65])
    assert (code, made.warnings(0)) == (65, ["look at this"])


def test_variables_of_a_running_stack_are_no_options_of_the_steps(python, monkeypatch):
    monkeypatch.setenv("MICROSTEP_DATA_ROOT", "/elsewhere")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere")
    source = "import os, sys; sys.exit(any(name.startswith(('MICROSTEP_', 'MLFLOW_')) for name in os.environ))"
    assert python("generate", source)[1] == 0


def written(folder, role, content, **manifest):
    folder.mkdir(parents=True)
    (folder / "content.json").write_text(json.dumps(content))
    (folder / "manifest.json").write_text(json.dumps({"files": [{"role": role, "path": "content.json"}], **manifest}))


@pytest.fixture
def data(tmp_path):
    """A data root with a model and its verdict."""

    def make(decision, metric="roc_auc", live=None):
        root = tmp_path / "data"
        notes = {"chosen": "trees", "metric": metric, "cv": 0.8}
        written(root / "models" / "d1", "model", {}, notes=notes, counts={"rows_in": 1200, "days": 3})
        rules = [{"verdict": "passed", "text": "enough rows"}]
        rules += [{"verdict": "failed", "text": "roc_auc 0.5 misses 0.6"}] if decision == "refused" else []
        verdict = {"metric": metric, "decision": decision, "rows": 300, "rules": rules}
        scores = {"challenger": {"metrics": {metric: -0.7 if metric.startswith("neg") else 0.7}}, "baseline": None}
        written(root / "reports" / "train" / "d1", "verdict", verdict | scores)
        if decision == "promoted":
            written(root / "predictions" / "d2", "rows", {}, counts={"rows_out": 50})
            written(root / "reports" / "live" / "d2", "live", live)
        return root

    return make


def test_a_promoted_model_is_told_with_its_scores_and_the_report(data, tmp_path, capsys):
    live = {"metric": "roc_auc", "metrics": {"roc_auc": 0.75}, "rows": 50, "why": None}
    try_results.show(tmp_path, data("promoted", live=live), "d1", "d2")
    said = capsys.readouterr().out
    for line in (
        "trained    trees, from 1,200 rows of 3 days",
        "metric     roc_auc: 0.8000 in cross-validation",
        "judged     0.7000 on 300 rows that it had not seen",
        "verdict    promoted (in use): it passes every rule of the gate",
        "predicted  50 rows of d2: data/predictions/d2",
        "live       roc_auc 0.7500 on 50 of these rows",
        "report     data/reports/index.html",
    ):
        assert line in said


def test_a_refused_model_is_told_with_the_rule_that_it_missed(data, tmp_path, capsys):
    try_results.show(tmp_path, data("refused"), "d1", "d2")
    said = capsys.readouterr().out
    assert "verdict    refused (not in use): roc_auc 0.5 misses 0.6\n" in said
    assert "predicted  nothing: no model is in use; what the gate asks for stands in [gate] of pipeline.toml" in said


def test_a_loss_is_told_as_people_know_it_and_a_live_score_that_is_none_with_its_reason(data, tmp_path, capsys):
    live = {"metric": "neg_log_loss", "metrics": {}, "rows": 0, "why": "no row has a label"}
    try_results.show(tmp_path, data("promoted", "neg_log_loss", live), "d1", "d2")
    said = capsys.readouterr().out
    assert "judged     0.7000 (smaller is better) on 300 rows" in said
    assert "live       no score: no row has a label" in said
